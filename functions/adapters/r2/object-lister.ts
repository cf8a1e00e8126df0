/** Walking a bucket. Kept apart from the store, because only reconcile needs it and the XML parser it brings along. */
import { XMLParser } from 'fast-xml-parser';
import type { ObjectLister } from '#core/reconcile/ports.ts';
import type { R2Config } from './config.ts';
import { refusal } from './refusals.ts';
import { createTransport } from './transport.ts';

/** A page of 1000 keys of 1 KiB, percent-encoded, with what is said about each. */
const maxPageBytes = 8 * 1024 * 1024;

/** Text stays text: a key may look like a number. One object is a list of one. Pure, so that only walkers bundle it. */
const parser = /* @__PURE__ */ new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' });

interface Listing {
  ListBucketResult?: {
    IsTruncated?: string;
    Contents?: { Key?: string; Size?: string; LastModified?: string }[];
  };
}

/**
 * The `ObjectLister` of one R2 account, by ListObjectsV2. `next` is the last key of a page that is not the last: pass
 * it as `after`. Rejects with `ObjectStoreError`. Keys are asked for percent-encoded, since XML cannot carry them all.
 */
export function createObjectLister(config: R2Config): ObjectLister {
  const send = createTransport(config);
  return {
    async list(bucket, { prefix, after, limit = 1000 }) {
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        'max-keys': String(limit),
        ...(prefix !== undefined && { prefix }),
        ...(after !== undefined && { 'start-after': after }),
      };
      const response = await send({ method: 'GET', ref: { bucket }, query, maxBytes: maxPageBytes });
      if (!response.ok) throw refusal('LIST', response.status, response.code);
      const { ListBucketResult: page } = parser.parse(Buffer.from(response.body)) as Listing;
      const objects = (page?.Contents ?? []).map(({ Key = '', Size = '0', LastModified = '' }) => ({
        key: decodeURIComponent(Key.replaceAll('+', ' ')),
        sizeBytes: Number(Size),
        lastModified: new Date(LastModified),
      }));
      const next = page?.IsTruncated === 'true' ? objects.at(-1)?.key : undefined;
      return { objects, ...(next !== undefined && { next }) };
    },
  };
}
