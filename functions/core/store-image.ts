import { AppError } from '#core/errors.ts';
import {
  type ExtensionUpload,
  expiryOf,
  factsOf,
  headersOf,
  newExtensionFile,
  requireAllowedType,
} from '#core/extension-upload.ts';
import { type FileRecord, objectOf, stuckAfterMs } from '#core/file-record.ts';
import type { Clock, ImageProcessor, ObjectStore, ProcessedImage } from '#core/ports.ts';
import { abandon } from '#core/purge.ts';
import { limitsOf } from '#core/quota.ts';
import { type Earlier, requireSameContent, reserveQuota } from '#core/reserve.ts';
import type { AppSettings } from '#core/settings.ts';
import { sniff } from '#core/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/stores.ts';

export interface StoreDeps {
  files: FileStore;
  objects: ObjectStore;
  images: ImageProcessor;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

export interface ImageUpload extends ExtensionUpload {
  bytes: Uint8Array;
}

/**
 * Form upload (design, section 4): re-encode, then reserve the record and its quota in one transaction, then write the
 * object, then mark the record ready. Two DynamoDB calls and one R2 call when nothing is in the way. Whatever fails,
 * nothing of the upload is left.
 *
 * Throws `invalid_file_type`, `invalid_image`, the three quota codes, `idempotency_key_reused`, `request_in_progress`
 * and `temporarily_unavailable`.
 */
export async function storeImage(deps: StoreDeps, upload: ImageUpload, settings: AppSettings): Promise<FileRecord> {
  const replayed = upload.idempotency && (await findReplay(deps, upload.idempotency));
  if (replayed !== undefined) return replayed;

  requireAllowedType(sniff(upload.bytes).mimeType, settings);
  const image = await deps.images.process(upload.bytes, {
    maxEdge: settings.maxImageEdge,
  });
  const file = newRecord(deps.clock.now(), upload, image, settings);
  const earlier = await reserveQuota(deps, file, limitsOf(file, settings), upload.idempotency);
  if (earlier !== undefined) return await replay(deps, earlier, upload.idempotency);

  try {
    await deps.objects.put(objectOf(file), image.bytes, headersOf(image));
    const ready = await deps.files.markReady(file, deps.clock.now());
    if (ready !== undefined) return ready;
    throw new Error(`Upload ${file.id} was given up before it finished`);
  } catch (error) {
    await abandon(deps, file, upload.idempotency?.id);
    throw new AppError('temporarily_unavailable', 'The file could not be stored and nothing was kept. Try again.', {
      cause: error,
      retryAfterSeconds: 1,
    });
  }
}

function newRecord(now: Date, upload: ImageUpload, image: ProcessedImage, settings: AppSettings): FileRecord {
  const file = newExtensionFile(now, upload, factsOf(image));
  return { ...file, ...expiryOf(file, now, settings), dueAt: now.getTime() + stuckAfterMs };
}

async function findReplay(deps: StoreDeps, claim: IdempotencyClaim): Promise<FileRecord | undefined> {
  const earlier = await deps.files.findIdempotent(claim.id, deps.clock.now());
  return earlier && (await replay(deps, earlier, claim));
}

async function replay(deps: StoreDeps, earlier: Earlier, claim: IdempotencyClaim | undefined): Promise<FileRecord> {
  requireSameContent(earlier, claim);
  const file = await deps.files.get(earlier.fileId);
  if (file?.state === 'ready') return file;
  if (file?.state === 'pending') {
    throw new AppError('request_in_progress', 'The first request with this Idempotency-Key is still going on.', {
      retryAfterSeconds: 2,
    });
  }
  throw new AppError('file_not_found', 'The file uploaded with this Idempotency-Key has been deleted since.');
}
