import { stuckAfterMs, type UploadFile } from '#core/file-record.ts';
import type { Clock, ObjectStore } from '#core/ports.ts';
import { findReplay, replay } from '#core/replay.ts';
import type { FileStore } from '#core/stores.ts';
import { writeObject } from '#core/write-object.ts';
import { type JudgeDeps, judge, newUpload, type UploadRequest } from './new-upload.ts';
import { uploadOf } from './own-uploads.ts';
import type { UploadSettings } from './settings.ts';

export interface StoreUploadDeps extends JudgeDeps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/**
 * Form upload of any file (seed 2): the bytes are stored as they came, under the type they have. Two DynamoDB calls and
 * one R2 call; whatever fails, nothing of the upload is left.
 *
 * Throws `invalid_file_type`, `idempotency_key_reused`, `request_in_progress` and `temporarily_unavailable`.
 */
export async function storeUpload(
  deps: StoreUploadDeps,
  upload: UploadRequest & { bytes: Uint8Array },
  settings: UploadSettings,
): Promise<UploadFile> {
  const { bytes, idempotency, originalName, userId } = upload;
  const isOwn = uploadOf(userId);
  const replayed = idempotency && (await findReplay(deps, isOwn, idempotency));
  if (replayed !== undefined) return replayed;

  const bucket = upload.visibility === 'public' ? 'public' : 'default';
  const { type, headers } = await judge(deps, bytes, { originalName, bucket, settings });
  const now = deps.clock.now();
  const record = newUpload(now, upload, { ...type, sizeBytes: bytes.byteLength });
  const file = { ...record, dueAt: now.getTime() + stuckAfterMs };
  const result = await deps.files.reserve(file, [], idempotency);
  if (result.outcome === 'replayed') return await replay(deps, isOwn, { earlier: result, claim: idempotency });
  return await writeObject(deps, file, { bytes, headers });
}
