/** Walking a bucket. Kept apart from the store, because only reconcile needs it. */
import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { ObjectLister } from '#core/reconcile/ports.ts';
import { openR2 } from './client.ts';
import { bucketName, type R2Config } from './config.ts';
import { contradiction, R2Refusal } from './refusals.ts';

/** A page of 1000 keys of 1 KiB, percent-encoded, with what is said about each. */
const maxPageBytes = 8 * 1024 * 1024;

/**
 * The `ObjectLister` of one R2 account, by ListObjectsV2. `next` is the last key of a page that is not the last: pass
 * it as `after`. Rejects with `ObjectStoreError`, also for a page that is not one (`unavailable`): what a walk does not
 * see counts as absent, and what it sees too old may be deleted. Keys are asked for percent-encoded, since XML cannot
 * carry them all.
 */
export function createObjectLister(config: R2Config): ObjectLister {
  const send = openR2(config);
  return {
    async list(bucket, { prefix = '', after, limit = 1000 }) {
      const command = new ListObjectsV2Command({
        Bucket: bucketName(config, bucket),
        EncodingType: 'url',
        MaxKeys: limit,
        ...(prefix !== '' && { Prefix: prefix }),
        ...(after !== undefined && { StartAfter: after }),
      });
      const travel = { maxBytes: maxPageBytes, bytes: maxPageBytes / 8 };
      const page = await send<ListObjectsV2CommandOutput>('LIST', command, travel).catch((error: unknown) => {
        throw error instanceof R2Refusal ? error.toStoreError() : error;
      });
      if (page.IsTruncated === undefined) throw contradiction('LIST', 'with something that is no page of a list');
      const objects = (page.Contents ?? []).map(({ Key, Size, LastModified }) => {
        if (!Key || Size === undefined || !LastModified || Number.isNaN(LastModified.getTime())) {
          throw contradiction('LIST', 'with an object that lacks key, size or time');
        }
        return { key: decoded(Key), sizeBytes: Size, lastModified: LastModified };
      });
      const strange = objects.find(({ key }) => !key.startsWith(prefix) || (after !== undefined && key === after));
      if (strange) throw contradiction('LIST', 'with an object that was not asked for');
      const next = page.IsTruncated ? objects.at(-1)?.key : undefined;
      if (page.IsTruncated && next === undefined)
        throw contradiction('LIST', 'with an empty page that is not the last');
      return { objects, ...(next !== undefined && { next }) };
    },

    async listUploads(bucket, { after }) {
      const [KeyMarker, UploadIdMarker] = after === undefined ? [] : (JSON.parse(after) as [string, string]);
      const command = new ListMultipartUploadsCommand({
        Bucket: bucketName(config, bucket),
        EncodingType: 'url',
        ...(KeyMarker !== undefined && { KeyMarker, UploadIdMarker }),
      });
      const travel = { maxBytes: maxPageBytes, bytes: maxPageBytes / 8 };
      const page = await send<ListMultipartUploadsCommandOutput>('LIST', command, travel).catch((error: unknown) => {
        throw error instanceof R2Refusal ? error.toStoreError() : error;
      });
      if (page.IsTruncated === undefined) throw contradiction('LIST', 'with something that is no list of uploads');
      const uploads = (page.Uploads ?? []).map(({ Key, Initiated }) => {
        if (!Key || !Initiated || Number.isNaN(Initiated.getTime())) {
          throw contradiction('LIST', 'with an upload that lacks key or time');
        }
        return { key: decoded(Key), beganAt: Initiated };
      });
      if (!page.IsTruncated) return { uploads };
      const next = JSON.stringify([decoded(page.NextKeyMarker ?? ''), page.NextUploadIdMarker ?? '']);
      if (next === after) throw contradiction('LIST', 'with a list of uploads without an end');
      return { uploads, next };
    },
  };
}

/** As `encoding-type=url` writes keys. */
const decoded = (key: string) => decodeURIComponent(key.replaceAll('+', ' '));
