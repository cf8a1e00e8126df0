import { pendingRecord } from '#core/files/pending.ts';
import type { Clock, ObjectStore } from '#core/files/ports.ts';
import type { UploadFile } from '#core/files/record.ts';
import { findReplay, replay } from '#core/files/replay.ts';
import { reserve } from '#core/files/reserve.ts';
import { announceScan, type ScanQueue } from '#core/files/scan.ts';
import type { FileStore } from '#core/files/store.ts';
import { writeObject } from '#core/files/write-object.ts';
import { type JudgeDeps, judge, newUpload, type UploadRequest } from './new-upload.ts';
import { uploadOf } from './own-uploads.ts';
import type { UploadSettings } from './settings.ts';

export interface StoreUploadDeps extends JudgeDeps {
  files: FileStore;
  objects: ObjectStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
  /** Where scanning is on. */
  scans?: { queue: ScanQueue; log: (message: string, error: unknown) => void } | undefined;
}

/**
 * Form upload of any file (docs/contract.md, "Upload a file"): the bytes are stored as they came, under the type they
 * have. Two DynamoDB calls and one R2 call; whatever fails, nothing of the upload is left.
 *
 * Throws `invalid_file_type`, `idempotency_key_reused`, `request_in_progress` and `temporarily_unavailable`.
 */
export async function storeUpload(
  deps: StoreUploadDeps,
  upload: UploadRequest & { bytes: Uint8Array; declaredType: string },
  settings: UploadSettings,
): Promise<UploadFile> {
  const { bytes, declaredType, idempotency, originalName, userId } = upload;
  const isOwn = uploadOf(userId);
  const replayed = idempotency && (await findReplay(deps, isOwn, idempotency));
  if (replayed !== undefined) return replayed;

  const bucket = upload.visibility === 'public' ? 'public' : 'default';
  const { type, headers } = await judge(deps, bytes, { originalName, declaredType, bucket, settings });
  const now = deps.clock.now();
  const described = newUpload(now, upload, { ...type, sizeBytes: bytes.byteLength });
  const file = pendingRecord<UploadFile>(now, described);
  const earlier = await reserve(deps.files, file, { idempotency, lost: deps });
  if (earlier !== undefined) return await replay(deps, isOwn, { earlier, claim: idempotency });
  const stored = await writeObject(deps, file, { bytes, headers });
  await announceScan(deps.scans, stored);
  return stored;
}
