import {
  type ExtensionUpload,
  expiryOf,
  factsOf,
  newExtensionFile,
  newObjectsOf,
  requireAllowedType,
} from '#core/extensions/new-file.ts';
import { ownPending } from '#core/extensions/own-pending.ts';
import type { ImageProcessor } from '#core/extensions/ports.ts';
import { limitsOf } from '#core/extensions/quota.ts';
import { isUploadedTo } from '#core/extensions/session-files.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { findReplay, replay } from '#core/files/replay.ts';
import { reserve } from '#core/files/reserve.ts';
import { sniff } from '#core/files/sniff.ts';
import type { FileStore } from '#core/files/store.ts';
import { writeObject } from '#core/files/write-object.ts';

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
 * Form upload (docs/design.md, "Flows"): re-encode, then reserve the record and its quota in one transaction, then
 * write the object, then mark the record ready. Two DynamoDB calls and one R2 call when nothing is in the way, and one
 * more to R2 for each copy of a preset. Whatever fails, nothing of the upload is left.
 *
 * Throws `invalid_file_type`, `invalid_image`, the three quota codes, `idempotency_key_reused`, `request_in_progress`
 * and `temporarily_unavailable`.
 */
export async function storeImage(deps: StoreDeps, upload: ImageUpload, settings: AppSettings): Promise<ExtensionFile> {
  const { askedAt = deps.clock.now() } = upload;
  const isOwn = isUploadedTo(upload.target);
  const replayed = upload.idempotency && (await findReplay(deps, isOwn, upload.idempotency));
  if (replayed !== undefined) return replayed;

  requireAllowedType(sniff(upload.bytes).mimeType, settings);
  const image = await deps.images.process(upload.bytes, {
    maxEdge: settings.maxImageEdge,
    presets: settings.imagePresets,
  });
  const now = deps.clock.now();
  const described = newExtensionFile(now, upload, factsOf(image), settings);
  const file = pendingRecord<ExtensionFile>(now, { ...described, ...expiryOf(described, now, settings) });
  const { idempotency } = upload;
  const quota = {
    limits: limitsOf(file, settings),
    room: deps,
    ownPending: () => ownPending(deps.files, { ...upload, askedAt }),
  };
  const earlier = await reserve(deps.files, file, { quota, idempotency, lost: deps });
  if (earlier !== undefined) return await replay(deps, isOwn, { earlier, claim: idempotency });
  const [content, ...copies] = newObjectsOf(file, image);
  return await writeObject(deps, file, content, copies);
}
