import { AppError } from '#core/errors.ts';
import { releaseExpired } from '#core/expired.ts';
import { countersOf, type ExtensionFile, stuckAfterMs } from '#core/file-record.ts';
import { newId, newObjectKey } from '#core/ids.ts';
import type { Clock, ImageProcessor, ObjectStore, ProcessedImage } from '#core/ports.ts';
import { limitOf, quotaExceeded } from '#core/quota.ts';
import { findReplay, replay } from '#core/replay.ts';
import type { AppSettings } from '#core/settings.ts';
import { sniff } from '#core/sniff.ts';
import type { FileStore, IdempotencyClaim } from '#core/stores.ts';
import { writeObject } from '#core/write-object.ts';

export interface StoreDeps {
  files: FileStore;
  objects: ObjectStore;
  images: ImageProcessor;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/** Where an upload goes: into a session, or staged for a setup screen. */
export type UploadTarget =
  | { kind: 'session'; appId: string; userId: string; sessionId: string; lockId: string }
  | { kind: 'setup'; appId: string; userId: string; draftId?: string };

export interface ImageUpload {
  target: UploadTarget;
  bytes: Uint8Array;
  originalName: string;
  purpose?: string | undefined;
  idempotency?: IdempotencyClaim | undefined;
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
  const replayed = upload.idempotency && (await findReplay(deps, 'extension', upload.idempotency));
  if (replayed !== undefined) return replayed;

  requireAllowedType(upload.bytes, settings);
  const image = await deps.images.process(upload.bytes, {
    maxEdge: settings.maxImageEdge,
  });
  const file = newRecord(deps.clock.now(), upload, image, settings);
  const reserved = await reserve(deps, file, settings, upload.idempotency);
  if (reserved !== undefined) return reserved;

  return await writeObject(deps, file, {
    bytes: image.bytes,
    headers: { contentType: image.mimeType, cacheControl: 'private, max-age=31536000, immutable' },
    idempotencyId: upload.idempotency?.id,
  });
}

/** The administrator's prefixes hold for what the bytes are. */
function requireAllowedType(bytes: Uint8Array, { allowedMimePrefixes }: AppSettings): void {
  const detected = sniff(bytes).mimeType;
  if (allowedMimePrefixes.some((prefix) => detected.startsWith(prefix))) return;
  throw new AppError('invalid_file_type', `This extension accepts only ${allowedMimePrefixes.join(', ')}.`, {
    details: { detected },
  });
}

function newRecord(now: Date, upload: ImageUpload, image: ProcessedImage, settings: AppSettings): ExtensionFile {
  const { target } = upload;
  const owner =
    target.kind === 'session'
      ? { sessionId: target.sessionId, lockId: target.lockId, staged: false }
      : {
          staged: true,
          expiresAt: now.getTime() + settings.stagedTtlSeconds * 1000,
          ...(target.draftId !== undefined && { draftId: target.draftId }),
        };
  return {
    id: newId(now),
    scope: 'extension',
    state: 'pending',
    rev: 1,
    appId: target.appId,
    userId: target.userId,
    ...owner,
    ...(upload.purpose !== undefined && { purpose: upload.purpose }),
    bucket: 'default',
    key: newObjectKey('extensions', 'webp'),
    originalName: upload.originalName,
    mimeType: image.mimeType,
    sizeBytes: image.bytes.byteLength,
    image: { width: image.width, height: image.height, thumbhash: image.thumbhash },
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    dueAt: now.getTime() + stuckAfterMs,
  };
}

/** Undefined when reserved; the earlier file when the same request was answered meanwhile. */
async function reserve(
  deps: StoreDeps,
  file: ExtensionFile,
  settings: AppSettings,
  idempotency: IdempotencyClaim | undefined,
): Promise<ExtensionFile | undefined> {
  // The narrower counter first, so that its refusal is the one told when several would refuse.
  const limits = countersOf(file)
    .map((counter) => limitOf(counter, settings))
    .reverse();
  for (let attempt = 1; ; attempt += 1) {
    const result = await deps.files.reserve(file, limits, idempotency);
    if (result.outcome === 'reserved') return undefined;
    if (result.outcome === 'replayed') return await replay(deps, 'extension', { earlier: result, claim: idempotency });
    if (result.outcome === 'owner_deleted') {
      throw new AppError('not_found', 'The app, session or lock of this upload is deleted.');
    }
    if (attempt > 3 || !(await releaseExpired(deps, result.counter))) throw quotaExceeded(result, file.sizeBytes);
  }
}
