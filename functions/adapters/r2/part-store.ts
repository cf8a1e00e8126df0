/** Uploads in parts through the S3 client. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  type ListPartsCommandOutput,
} from '@aws-sdk/client-s3';
import type { ObjectRef, PartStore, UploadedPart } from '#core/files/ports.ts';
import { etagOf } from './answers.ts';
import { openR2, type SendToR2 } from './client.ts';
import { type R2Config, refIn } from './config.ts';
import { contradiction, R2Refusal } from './refusals.ts';

/** A page of a thousand parts or uploads; an upload's id may have hundreds of characters. */
const maxPageBytes = 4 * 1024 * 1024;
const page = { maxBytes: maxPageBytes, bytes: maxPageBytes / 8 };

/** How long R2 may take to join parts or to copy an object before it answers: no byte passes through here. */
export const patienceMs = (sizeBytes: number) => 8_000 + Math.ceil(sizeBytes / 50_000);

/** The `PartStore` of one R2 account. All errors are `ObjectStoreError`, as those of `createObjectStore`. */
export function createPartStore(config: R2Config): PartStore {
  const send = openR2(config);

  return {
    async begin(ref, { contentType }) {
      const command = new CreateMultipartUploadCommand({ ...refIn(config, ref), ContentType: contentType });
      const { UploadId } = await send<CreateMultipartUploadCommandOutput>('MULTIPART', command).catch(inOurWords);
      if (!UploadId) throw contradiction('MULTIPART', 'without the id of the upload it began');
      return UploadId;
    },

    async list(ref, uploadId) {
      const parts: UploadedPart[] = [];
      for (let after: string | undefined; ; ) {
        const marker = after === undefined ? {} : { PartNumberMarker: after };
        const command = new ListPartsCommand({ ...refIn(config, ref), UploadId: uploadId, ...marker });
        const found = await send<ListPartsCommandOutput>('MULTIPART', command, page).catch(unlessUnknown);
        if (found === undefined) return undefined;
        if (found.IsTruncated === undefined)
          throw contradiction('MULTIPART', 'with something that is no list of parts');
        parts.push(...(found.Parts ?? []).map(partOf));
        const next = found.IsTruncated ? found.NextPartNumberMarker : undefined;
        if (next === undefined) return parts;
        if (Number(next) <= Number(after ?? 0)) throw contradiction('MULTIPART', 'with a list of parts without an end');
        after = next;
      }
    },

    async join(ref, { uploadId, parts, sizeBytes }) {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
      const named = { ...refIn(config, ref), UploadId: uploadId, MultipartUpload: { Parts } };
      const command = new CompleteMultipartUploadCommand(named);
      const travel = { patienceMs: patienceMs(sizeBytes) };
      try {
        etagOf('MULTIPART', (await send<CompleteMultipartUploadCommandOutput>('MULTIPART', command, travel)).ETag);
        return 'joined';
      } catch (error) {
        if (error instanceof R2Refusal && error.code === 'NoSuchUpload') return 'unknown';
        if (error instanceof R2Refusal && error.code === 'InvalidPart') return 'changed';
        return inOurWords(error);
      }
    },

    abort: (ref, uploadId) => abort(send, config, ref, uploadId),
  };
}

async function abort(send: SendToR2, config: R2Config, ref: ObjectRef, UploadId: string): Promise<void> {
  await send('MULTIPART', new AbortMultipartUploadCommand({ ...refIn(config, ref), UploadId })).catch(unlessUnknown);
}

/** Ends all uploads in parts at one key; see `ObjectStore.abandon`. */
export async function abandonAll(send: SendToR2, config: R2Config, ref: ObjectRef): Promise<void> {
  const { Bucket, Key } = refIn(config, ref);
  const command = new ListMultipartUploadsCommand({ Bucket, Prefix: Key, EncodingType: 'url' });
  const { IsTruncated, Uploads = [] } = await send<ListMultipartUploadsCommandOutput>('LIST', command, page).catch(
    inOurWords,
  );
  if (IsTruncated === undefined) throw contradiction('LIST', 'with something that is no list of uploads');
  for (const { Key: found, UploadId } of Uploads) {
    if (found === undefined || UploadId === undefined || decodeURIComponent(found) !== Key) {
      throw contradiction('LIST', 'with an upload that was not asked for');
    }
    await abort(send, config, ref, UploadId);
  }
}

function partOf({ PartNumber, Size, ETag }: NonNullable<ListPartsCommandOutput['Parts']>[number]): UploadedPart {
  if (PartNumber === undefined || Size === undefined) throw contradiction('MULTIPART', 'with a part without its size');
  return { number: PartNumber, sizeBytes: Size, etag: etagOf('MULTIPART', ETag) };
}

function inOurWords(error: unknown): never {
  throw error instanceof R2Refusal ? error.toStoreError() : error;
}

function unlessUnknown(error: unknown): undefined {
  if (error instanceof R2Refusal && error.code === 'NoSuchUpload') return undefined;
  return inOurWords(error);
}
