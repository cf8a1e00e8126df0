import { completeUpload } from '#core/complete-upload.ts';
import { type PresignDeps, type Presigned, replayPresign } from '#core/direct-images.ts';
import { AppError } from '#core/errors.ts';
import { type FileRecord, isUpload, type UploadFile } from '#core/file-record.ts';
import { completeWithinMs, copyIncoming, offerPut, readIncoming } from '#core/incoming.ts';
import type { ObjectHeaders } from '#core/ports.ts';
import { reserveQuota } from '#core/reserve.ts';
import { fileNotFound } from '#core/session-files.ts';
import { sniffBytes } from '#core/sniff.ts';
import type { UploadStore } from '#core/stores.ts';
import { judge, keyFor, newUpload, requireAllowed, type UploadRequest } from './new-upload.ts';
import { ownedBy, uploadOf } from './own-uploads.ts';
import type { UploadSettings } from './settings.ts';
import type { StoreUploadDeps } from './store-upload.ts';

/** What a client declares that does not know: only the bytes will tell. */
export const unknownType = 'application/octet-stream';

/**
 * Begins the direct upload of a file of any type and size (contract, section 7). What is declared is checked where it
 * could save a useless transfer; what counts is what the bytes turn out to be. No call to R2.
 *
 * Throws `file_too_large`, `invalid_file_type` and `idempotency_key_reused`.
 */
export async function presignUpload(
  deps: PresignDeps,
  request: UploadRequest & { mimeType: string; sizeBytes: number },
  settings: UploadSettings,
): Promise<Presigned> {
  const { mimeType, sizeBytes, idempotency } = request;
  if (sizeBytes > settings.maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${settings.maxFileBytes} bytes.`, {
      details: { maxBytes: settings.maxFileBytes },
    });
  }
  if (mimeType !== unknownType) requireAllowed(mimeType, settings);
  const { incoming, offer } = await offerPut(deps, { mimeType, sizeBytes });
  const now = deps.clock.now();
  const until = now.getTime() + completeWithinMs;
  const record = newUpload(now, request, { mimeType, sizeBytes });
  const file = { ...record, incoming, expiresAt: until, dueAt: until };
  const earlier = await reserveQuota(deps, file, [], idempotency);
  if (earlier === undefined) return { uploadId: file.id, ...offer };
  return await replayPresign(deps, uploadOf(request.userId), { earlier, claim: idempotency });
}

/**
 * Finishes a direct upload: judged by its first bytes, copied inside R2 to its final key with the type and disposition
 * they call for. No whole file passes through here. See `completeUpload` for its errors and what may go on beside it;
 * adds `invalid_file_type`, and `file_not_found` for another user's upload or one that nobody completed in time.
 */
export async function completeDirectUpload(
  deps: StoreUploadDeps & { uploads: UploadStore },
  { uploadId, userId }: { uploadId: string; userId: string },
  settings: UploadSettings,
): Promise<UploadFile> {
  const authorize = (file: FileRecord | undefined): UploadFile => {
    const live = ownedBy(file, userId) && file.deletedAt === undefined && isUpload(file, deps.clock.now());
    if (!live) throw fileNotFound();
    return file;
  };
  let judged: { mimeType: string; headers: ObjectHeaders } | undefined;
  return await completeUpload<UploadFile>(deps, {
    uploadId,
    authorize,
    limits: () => [],
    async prepare(file, head) {
      const { originalName, bucket } = file;
      const bytes = await readIncoming(deps.objects, file, head, { first: 0, last: sniffBytes - 1 });
      const { type, headers } = await judge(deps, bytes, { originalName, bucket, settings });
      judged = { mimeType: type.mimeType, headers };
      return await renamed(deps, file, { ext: type.ext, authorize });
    },
    async promote(file, head) {
      if (judged === undefined) throw new Error('The bytes are judged before they are promoted');
      await copyIncoming(deps.objects, file, head, judged.headers);
      return { mimeType: judged.mimeType, sizeBytes: head.sizeBytes };
    },
  });
}

/** The record with the key that its bytes call for; whoever completes it at the same time comes to the same key. */
async function renamed(
  { files, uploads }: { files: StoreUploadDeps['files']; uploads: UploadStore },
  file: UploadFile,
  { ext, authorize }: { ext: string; authorize: (file: FileRecord | undefined) => UploadFile },
): Promise<UploadFile> {
  for (let current = file; ; current = authorize(await files.get(file.id))) {
    const key = keyFor(current.key, ext);
    if (current.state === 'ready' || current.key === key) return current;
    const next = await uploads.rename(current, key);
    if (next !== undefined) return next;
  }
}
