/**
 * Walking a bucket. Kept apart from the store, because it alone brings the S3 client (its XML and paging) with it, and
 * only reconcile needs it.
 */
import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { type ObjectLister, ObjectStoreError } from '#core/ports.ts';
import { bucketName, type R2Config, region } from './config.ts';
import { sharedCredentials } from './credentials.ts';
import { isAboutCredentials, reasonOf } from './refusals.ts';

/** The S3 client asks for credentials again five minutes before this end, and so hears of a rotation. */
const credentialLifeMs = 10 * 60_000;

/**
 * The `ObjectLister` of one R2 account. `next` is the last key of a page that is not the last: pass it as `after`.
 * Rejects with `ObjectStoreError`; the client itself tries three times.
 */
export function createObjectLister(config: R2Config): ObjectLister {
  const credentials = sharedCredentials(config.credentials, config.clock);
  const client = new S3Client({
    region,
    endpoint: config.endpoint,
    forcePathStyle: true,
    credentials: async () => ({ ...(await credentials()), expiration: new Date(Date.now() + credentialLifeMs) }),
    // R2 answers the checksums the SDK adds on its own with 501.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  });

  return {
    async list(bucket, { prefix, after, limit = 1000 }) {
      const command = new ListObjectsV2Command({
        Bucket: bucketName(config, bucket),
        MaxKeys: limit,
        ...(prefix !== undefined && { Prefix: prefix }),
        ...(after !== undefined && { StartAfter: after }),
      });
      const page = await client.send(command).catch((cause: unknown) => {
        throw translated(cause, () => credentials.invalidate());
      });
      const objects = (page.Contents ?? []).map((object) => ({
        key: object.Key ?? '',
        sizeBytes: object.Size ?? 0,
        lastModified: object.LastModified ?? new Date(0),
      }));
      const next = page.IsTruncated ? objects.at(-1)?.key : undefined;
      return { objects, ...(next !== undefined && { next }) };
    },
  };
}

function translated(cause: unknown, onBadCredentials: () => void): ObjectStoreError {
  if (cause instanceof ObjectStoreError) {
    return cause;
  }
  if (!(cause instanceof S3ServiceException)) {
    return new ObjectStoreError('unavailable', 'R2 did not answer LIST.', { cause });
  }
  const status = cause.$metadata.httpStatusCode ?? 0;
  if (isAboutCredentials(status, cause.name)) {
    onBadCredentials();
  }
  return new ObjectStoreError(reasonOf(status, cause.name), `R2 answered LIST with ${status} ${cause.name}`, { cause });
}
