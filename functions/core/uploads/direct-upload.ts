import { AppError } from '#core/files/errors.ts';
import { copyIncoming, type Declared, readIncoming } from '#core/files/incoming.ts';
import { mediaTypeOf } from '#core/files/media-type.ts';
import { fileNotFound } from '#core/files/not-found.ts';
import { joinParts } from '#core/files/parts.ts';
import type { NewFile } from '#core/files/pending.ts';
import type { ObjectHeaders, PartStore } from '#core/files/ports.ts';
import { type PresignDeps, type Presigned, presign } from '#core/files/presign.ts';
import { completeUpload } from '#core/files/promote.ts';
import { requireNotRejected } from '#core/files/quarantine.ts';
import { type FileRecord, isCompletable, openIn, type UploadFile } from '#core/files/record.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { announceScan } from '#core/files/scan.ts';
import { sniffBytes } from '#core/files/sniff.ts';
import { sizeInWords } from '#core/files/words.ts';
import { isNamed, judge, keyFor, newUpload, requireAllowedClaim, type UploadRequest } from './new-upload.ts';
import { ownedBy, uploadOf } from './own-uploads.ts';
import type { UploadStore } from './ports.ts';
import type { UploadSettings } from './settings.ts';
import type { StoreUploadDeps } from './store-upload.ts';

/** What a client declares that does not know: only the bytes will tell. */
export const unknownType = 'application/octet-stream';

/** What a client says of a file before it sends it. */
export type DeclaredUpload = UploadRequest & { mimeType: string; declaredType?: string; sizeBytes: number };

/**
 * Begins the direct upload of a file of any type and size (docs/contract.md, "Direct upload"). No call to R2.
 *
 * Throws `file_too_large`, `invalid_file_type` and `idempotency_key_reused`.
 */
export async function presignUpload(
  deps: PresignDeps,
  request: DeclaredUpload,
  settings: UploadSettings,
): Promise<Presigned> {
  const { file, declared } = describeDirect(deps.clock.now(), request, settings);
  return await presign<UploadFile>(deps, file, {
    isOwn: uploadOf(request.userId),
    declared,
    reservationOf: () => ({ idempotency: request.idempotency }),
  });
}

/**
 * The file that a direct upload may become, and what will be PUT. What is declared is checked where it could save a useless
 * transfer; what counts is what the bytes turn out to be. Throws `file_too_large` and `invalid_file_type`.
 */
export function describeDirect(
  now: Date,
  request: DeclaredUpload,
  settings: UploadSettings,
): { file: NewFile<UploadFile>; declared: Declared } {
  const { sizeBytes } = request;
  const mimeType = mediaTypeOf(request.mimeType);
  if (sizeBytes > settings.maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${sizeInWords(settings.maxFileBytes)}.`, {
      details: { maxBytes: settings.maxFileBytes },
    });
  }
  if (mimeType !== unknownType)
    requireAllowedClaim({ declaredType: mimeType, originalName: request.originalName }, settings);
  return {
    file: newUpload(now, request, { mimeType, sizeBytes }),
    declared: { mimeType: (request.declaredType ?? mimeType).trim(), sizeBytes },
  };
}

/**
 * Finishes a direct upload: judged by its first bytes (one GET) and a ZIP by its directory as well (one more as a rule,
 * three at most: see `zipExcerpt`), copied inside R2 to its final key with the type and disposition
 * they call for; one in parts is joined first. No whole file passes through here. See `completeUpload` for its errors and what may go on beside it;
 * adds `invalid_file_type`, `validation_failed` for bytes of another type than an earlier completion judged, and `file_not_found` for another user's upload or one that nobody completed in time.
 */
export async function completeDirectUpload(
  deps: StoreUploadDeps & { uploads: UploadStore; parts: PartStore },
  { uploadId, userId }: { uploadId: string; userId: string },
  settings: UploadSettings,
): Promise<UploadFile> {
  const authorize = (file: FileRecord | undefined): UploadFile => {
    if (ownedBy(file, userId)) requireNotRejected(file);
    const live = ownedBy(file, userId) && file.deletedAt === undefined && isCompletable(file, deps.clock.now());
    if (!live) throw fileNotFound();
    return file;
  };
  let judged: { mimeType: string; headers: ObjectHeaders } | undefined;
  const stored = await completeUpload<UploadFile>(deps, {
    uploadId,
    authorize,
    limits: () => [],
    assemble: (file) => joinParts(deps, file),
    async prepare(file, head) {
      const { originalName, mimeType: declaredType } = file;
      const bucket = openIn(file);
      const read = (first: number, last: number) => readIncoming(deps.objects, file, head, { first, last });
      const bytes = await read(0, sniffBytes - 1);
      const remote = { sizeBytes: head.sizeBytes, read };
      const { type, headers } = await judge(deps, bytes, { originalName, declaredType, bucket, settings, remote });
      judged = { mimeType: type.mimeType, headers };
      return await renamed(deps, file, { ext: type.ext, authorize });
    },
    async place(file, head) {
      if (judged === undefined) throw new Error('The bytes are judged before they are promoted');
      await copyIncoming(deps.objects, file, head, judged.headers);
      return { mimeType: judged.mimeType, sizeBytes: head.sizeBytes };
    },
  });
  await announceScan(deps.scans, stored);
  return stored;
}

/**
 * The record with the key that its bytes call for, given once: somebody may have written there since, or write there yet,
 * and what a record does not name no deletion finds. Whoever completes the same bytes at the same time comes to the same
 * key. Throws `validation_failed` for bytes that call for another.
 */
async function renamed(
  { files, uploads }: { files: StoreUploadDeps['files']; uploads: UploadStore },
  file: UploadFile,
  { ext, authorize }: { ext: string; authorize: (file: FileRecord | undefined) => UploadFile },
): Promise<UploadFile> {
  let current = file;
  return await retryOnMoved(async () => {
    const key = keyFor(current.key, ext);
    if (current.state === 'ready' || current.key === key) return current;
    if (isNamed(current.key)) throw judgedOtherwise();
    const next = await uploads.rename(current, key);
    if (next !== undefined) return next;
    current = authorize(await files.get(file.id));
    return moved;
  });
}

/** The upload ends with it, and whatever it has at its key. */
function judgedOtherwise(): AppError {
  const message = 'is not what it was when its completion began';
  return new AppError('validation_failed', `What was uploaded ${message}. Presign again, and PUT the bytes once.`, {
    details: { issues: [{ path: 'upload', message }] },
  });
}
