/**
 * Uploads large files in parts, and goes on where it was cut off: after a broken line by itself, after the page was left
 * when the same file is picked again (docs/contract.md, "In parts"). Apart from the uploader, so that only pages that want
 * it load it.
 */
import { isStowageError, StowageError } from './errors.ts';
import { newKey } from './kept-keys.ts';
import { fingerprintOf, pageStorage, type ResumeStorage, rememberIn } from './parts-memory.ts';
import { type PartUrl, sendParts } from './parts-send.ts';
import { isPassing, throwIfAborted } from './retry.ts';
import type { UploadParts } from './upload-form.ts';
import type { UploadOptions } from './uploader.ts';

export type { ResumeStorage } from './parts-memory.ts';

export interface InPartsOptions {
  /** Files of so many bytes and more go in parts; 32 MiB unless told. */
  minBytes?: number;
  /** Parts at a time; 3 unless told. */
  concurrency?: number;
  /**
   * Where it is written down which upload a file belongs to: the page's `localStorage` unless told, and nowhere where there
   * is none. No token and no URL is kept, only ids.
   */
  storage?: ResumeStorage | undefined;
}

/** What `createUploader` takes as `parts`. */
export interface InParts {
  minBytes: number;
  upload<A>(context: UploadParts<A>, file: Blob, options: UploadOptions & { filename: string }): Promise<A>;
}

/** What the API says of an upload in parts. */
interface Offer {
  uploadId: string;
  partSizeBytes: number;
  partCount: number;
  uploadedParts: { partNumber: number; sizeBytes: number }[];
  parts: PartUrl[];
}

const defaultMinBytes = 32 * 1024 * 1024;

/** So often in a row the bucket may refuse URLs, or the API find parts missing that were answered, before it is an error. */
const mostRefusals = 3;

/**
 * Makes an uploader send large files in parts: `createUploader({ …, parts: inParts() })`, of the uploads API. An upload that
 * fails on the way is kept for a day: the same file, uploaded again, goes on. Aborted, it is given up.
 */
export function inParts({ minBytes = defaultMinBytes, concurrency = 3, storage }: InPartsOptions = {}): InParts {
  const memory = rememberIn(storage ?? pageStorage());

  async function upload<A>(
    { api, target, retry, cleanUp }: UploadParts<A>,
    file: Blob,
    { filename, signal, onProgress }: UploadOptions & { filename: string },
  ): Promise<A> {
    const pathOf = target.parts;
    if (pathOf === undefined) throw new StowageError('internal_error', 'The target takes no files in parts.');
    const request = { ...target.declared, filename, mimeType: file.type, sizeBytes: file.size, parts: true };
    const name = await fingerprintOf(file, [api.url(target.presign), request]);
    const open = (answer: unknown) => target.open(answer) as Offer;
    const ask = async (uploadId: string) => open(await api.call('POST', pathOf(uploadId), { json: {}, signal }));

    async function begin(): Promise<Offer> {
      const known = memory.get(name);
      if (known?.uploadId !== undefined) {
        try {
          return await ask(known.uploadId);
        } catch (error) {
          if (!isStowageError(error, 'file_not_found')) throw error;
        }
      }
      const key = known !== undefined && known.uploadId === undefined ? known.key : newKey();
      memory.set(name, { key });
      const headers = { 'idempotency-key': key };
      const offer = open(await api.call('POST', target.presign, { json: request, headers }));
      memory.set(name, { key, uploadId: offer.uploadId });
      return offer;
    }

    async function send(offer: Offer): Promise<A> {
      let now = offer;
      for (let refusals = 0; ; ) {
        throwIfAborted(signal);
        const before = now.uploadedParts.length;
        const sent = { file, ...now, signal, retry, stallMs: api.stallMs, concurrency, onProgress };
        try {
          if (now.parts.length > 0) await sendParts(sent);
          else if (before === now.partCount) {
            const json = { uploadId: now.uploadId };
            return target.open(await api.call('POST', target.complete, { json, retry: patient(retry) })) as A;
          }
        } catch (error) {
          refusals += 1;
          // URLs end after an hour; what was sent before is there.
          const known = isStowageError(error, 'upload_refused', 'file_not_uploaded');
          if (!known || refusals >= mostRefusals) throw error;
        }
        now = await ask(now.uploadId);
        if (now.uploadedParts.length > before) refusals = 0;
      }
    }

    const offer = await begin().catch((error) => {
      if (!isPassing(error)) memory.forget(name);
      throw error;
    });
    try {
      const stored = await send(offer);
      memory.forget(name);
      if (signal?.aborted) await cleanUp.giveBack(target.remove(target.idOf(stored)));
      throwIfAborted(signal);
      onProgress?.({ sentBytes: file.size, totalBytes: file.size });
      return stored;
    } catch (error) {
      if (isPassing(error) && !isStowageError(error, 'aborted')) throw error;
      memory.forget(name);
      await cleanUp.giveBack(target.remove(offer.uploadId));
      throw error;
    }
  }

  return { minBytes, upload };
}

/** R2 may copy gigabytes when an upload is completed: the same call goes on, and is worth more tries than another. */
const patient = (retry: UploadParts<unknown>['retry']) => ({ ...retry, attempts: Math.max(retry.attempts ?? 4, 8) });
