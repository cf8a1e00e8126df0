/**
 * The bucket over plain signed requests. An S3 client would add more than 100 kB to every function that touches bytes,
 * and its default checksums are what R2 answers with 501.
 */
import { createHash } from 'node:crypto';
import {
  type ObjectHead,
  type ObjectHeaders,
  type ObjectRef,
  type ObjectStore,
  ObjectStoreError,
} from '#core/files/ports.ts';
import { objectPath, type R2Config } from './config.ts';
import { reasonOf, refusal } from './refusals.ts';
import { createTransport, type R2Response } from './transport.ts';

const copyPatienceMs = 10_000;

/**
 * The `ObjectStore` of one R2 account. All errors are `ObjectStoreError` with the reasons of the port; messages name
 * the operation and R2's code and never hold a URL, a signature or a secret.
 */
export function createObjectStore(config: R2Config): ObjectStore {
  const send = createTransport(config);

  async function head(ref: ObjectRef): Promise<ObjectHead | undefined> {
    const response = await send({ method: 'HEAD', ref });
    if (response.ok) {
      return objectHead(response);
    }
    if (reasonOf(response.status, response.code) === 'missing') {
      return undefined;
    }
    throw refusal('HEAD', response.status, response.code);
  }

  /**
   * Whether what stands in the way of a repeated write is its own first try, whose answer was lost: the precondition
   * or a bucket lock (which an object has as soon as it is written) then refuses the second.
   */
  async function isThere(ref: ObjectRef, etag: string): Promise<boolean> {
    return (await head(ref))?.etag === etag;
  }

  return {
    head,

    async put(ref, body, headers, { repeatable = false } = {}) {
      const response = await send({
        method: 'PUT',
        ref,
        body,
        headers: { ...storedHeaders(headers), 'if-none-match': '*' },
      });
      if (response.ok) {
        return { etag: etagOf(response) };
      }
      const reason = reasonOf(response.status, response.code);
      if ((response.retried || repeatable) && (reason === 'changed' || reason === 'locked')) {
        // R2's ETag of a single PUT is the MD5 of its bytes.
        const etag = `"${createHash('md5').update(body).digest('hex')}"`;
        if (await isThere(ref, etag)) {
          return { etag };
        }
      }
      if (reason !== 'changed') {
        throw refusal('PUT', response.status, response.code);
      }
      throw new ObjectStoreError('exists', 'An object with this key is there already.');
    },

    async get(ref, { maxBytes, ifMatch, range }) {
      const response = await send({
        method: 'GET',
        ref,
        maxBytes,
        headers: {
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          ...(range && { range: `bytes=${range.first}-${range.last}` }),
        },
      });
      if (response.ok) {
        // A server may ignore a range (RFC 9110, 14.2) and answer 200 with everything.
        return range && response.status === 200 ? response.body.subarray(range.first, range.last + 1) : response.body;
      }
      // No byte lies in the range: of an empty object the first bytes are none.
      if (response.status === 416) {
        return new Uint8Array();
      }
      if (reasonOf(response.status, response.code) === 'missing') {
        return undefined;
      }
      throw refusal('GET', response.status, response.code);
    },

    async copy(from, to, { ifMatch, headers }) {
      const response = await send({
        method: 'PUT',
        ref: to,
        patienceMs: copyPatienceMs,
        headers: {
          ...storedHeaders(headers),
          'x-amz-copy-source': objectPath(config, from),
          'x-amz-copy-source-if-match': ifMatch,
          'x-amz-metadata-directive': 'REPLACE',
          // R2's own header: S3 has no condition on the destination of a copy.
          'cf-copy-destination-if-none-match': '*',
        },
      });
      if (response.ok) {
        return { etag: copiedEtag(response) };
      }
      const reason = reasonOf(response.status, response.code);
      // One code for both conditions: what is at the destination tells which of them failed. A copy keeps the ETag.
      const there = reason === 'changed' || (response.retried && reason === 'locked') ? await head(to) : undefined;
      if (there?.etag === ifMatch) {
        return { etag: ifMatch };
      }
      if (there && reason === 'changed') {
        throw new ObjectStoreError('exists', 'Another object with this key is there already.');
      }
      throw refusal('COPY', response.status, response.code);
    },

    async delete(ref) {
      const response = await send({ method: 'DELETE', ref });
      if (!response.ok && reasonOf(response.status, response.code) !== 'missing') {
        throw refusal('DELETE', response.status, response.code);
      }
    },
  };
}

function storedHeaders(headers: ObjectHeaders): Record<string, string> {
  return {
    'content-type': headers.contentType,
    ...(headers.contentDisposition !== undefined && { 'content-disposition': headers.contentDisposition }),
    ...(headers.cacheControl !== undefined && { 'cache-control': headers.cacheControl }),
  };
}

function objectHead(response: R2Response): ObjectHead {
  const contentEncoding = response.headers.get('content-encoding') ?? undefined;
  return {
    sizeBytes: Number(response.headers.get('content-length') ?? 0),
    etag: etagOf(response),
    contentType: response.headers.get('content-type') ?? 'application/octet-stream',
    ...(contentEncoding !== undefined && { contentEncoding }),
    lastModified: new Date(response.headers.get('last-modified') ?? 0),
  };
}

function etagOf(response: R2Response): string {
  return requireEtag(response.headers.get('etag') ?? undefined);
}

function copiedEtag(response: R2Response): string {
  const xml = Buffer.from(response.body).toString('utf8');
  const etag = /<ETag>([^<]+)<\/ETag>/.exec(xml)?.[1]?.replace(/&quot;|&#34;|&#x22;/gi, '"');
  return requireEtag(etag && !etag.startsWith('"') ? `"${etag}"` : etag);
}

function requireEtag(etag: string | undefined): string {
  if (!etag) {
    throw new ObjectStoreError('unavailable', 'R2 answered without an ETag.');
  }
  return etag;
}
