import {
  type ExtensionUpload,
  expiryOf,
  factsOf,
  headersOf,
  newExtensionFile,
  requireAllowedType,
} from '#core/extension-upload.ts';
import { type ExtensionFile, stuckAfterMs } from '#core/file-record.ts';
import type { Clock, ImageProcessor, ObjectStore, ProcessedImage } from '#core/ports.ts';
import { limitsOf } from '#core/quota.ts';
import { findReplay, replay } from '#core/replay.ts';
import { reserveQuota } from '#core/reserve.ts';
import { isUploadedTo } from '#core/session-files.ts';
import type { AppSettings } from '#core/settings.ts';
import { sniff } from '#core/sniff.ts';
import type { FileStore } from '#core/stores.ts';
import { writeObject } from '#core/write-object.ts';

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
export async function storeImage(deps: StoreDeps, upload: ImageUpload, settings: AppSettings): Promise<ExtensionFile> {
  const isOwn = isUploadedTo(upload.target);
  const replayed = upload.idempotency && (await findReplay(deps, isOwn, upload.idempotency));
  if (replayed !== undefined) return replayed;

  requireAllowedType(sniff(upload.bytes).mimeType, settings);
  const image = await deps.images.process(upload.bytes, {
    maxEdge: settings.maxImageEdge,
  });
  const file = newRecord(deps.clock.now(), upload, image, settings);
  const earlier = await reserveQuota(deps, file, limitsOf(file, settings), upload.idempotency);
  if (earlier !== undefined) return await replay(deps, isOwn, { earlier, claim: upload.idempotency });

  const { bytes } = image;
  return await writeObject(deps, file, { bytes, headers: headersOf(image) });
}

function newRecord(now: Date, upload: ImageUpload, image: ProcessedImage, settings: AppSettings): ExtensionFile {
  const file = newExtensionFile(now, upload, factsOf(image));
  return { ...file, ...expiryOf(file, now, settings), dueAt: now.getTime() + stuckAfterMs };
}
