import { type Completion, completeUpload } from '#core/complete-upload.ts';
import { AppError } from '#core/errors.ts';
import {
  type ExtensionUpload,
  expiryOf,
  factsOf,
  headersOf,
  newExtensionFile,
  requireAllowedType,
} from '#core/extension-upload.ts';
import { type ExtensionFile, type FileRecord, objectOf } from '#core/file-record.ts';
import { imageTypes } from '#core/image-types.ts';
import { completeWithinMs, offerPut, type PutOffer, readIncoming, renewOffer, typeDiffers } from '#core/incoming.ts';
import type { Clock, UrlSigner } from '#core/ports.ts';
import { limitsOf } from '#core/quota.ts';
import type { IsOwn } from '#core/replay.ts';
import { type Earlier, requireSameContent, reserveQuota } from '#core/reserve.ts';
import { isUploadedTo } from '#core/session-files.ts';
import type { AppSettings } from '#core/settings.ts';
import { sniff } from '#core/sniff.ts';
import type { StoreDeps } from '#core/store-image.ts';
import type { FileStore, IdempotencyClaim } from '#core/stores.ts';

export interface PresignDeps {
  files: FileStore;
  signer: UrlSigner;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

export interface PresignRequest extends ExtensionUpload {
  /** As declared; the PUT must have exactly this type and length. */
  mimeType: string;
  sizeBytes: number;
}

export type Presigned = { uploadId: string } & PutOffer;

/**
 * Begins a direct upload (contract, section 7): the declared size is reserved in one transaction, so however many
 * presign at once, no more is promised than the limits allow. No call to R2. The id of the upload is the file's.
 *
 * Throws `file_too_large`, `invalid_file_type`, the three quota codes and `idempotency_key_reused`.
 */
export async function presignImage(
  deps: PresignDeps,
  request: PresignRequest,
  settings: AppSettings,
): Promise<Presigned> {
  const mimeType = request.mimeType.trim().toLowerCase();
  const { sizeBytes } = request;
  if (sizeBytes > settings.maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${settings.maxFileBytes} bytes.`, {
      details: { maxBytes: settings.maxFileBytes },
    });
  }
  requireAllowedType(mimeType, settings);
  if (!Object.hasOwn(imageTypes, mimeType)) {
    throw new AppError('invalid_file_type', `Declare one of ${Object.keys(imageTypes).join(', ')}.`, {
      details: { declared: mimeType },
    });
  }
  const { incoming, offer } = await offerPut(deps, { mimeType, sizeBytes });
  const now = deps.clock.now();
  const until = now.getTime() + completeWithinMs;
  const record = newExtensionFile(now, request, { mimeType, sizeBytes });
  const file = { ...record, incoming, expiresAt: until, dueAt: until };
  const earlier = await reserveQuota(deps, file, limitsOf(file, settings), request.idempotency);
  return earlier === undefined
    ? { uploadId: file.id, ...offer }
    : await replayPresign(deps, isUploadedTo(request.target), { earlier, claim: request.idempotency });
}

/**
 * The same upload again while its URL lives, so that a lost answer costs no second reservation; only the caller's own.
 * Throws `idempotency_key_reused`.
 */
export async function replayPresign(
  deps: PresignDeps,
  isOwn: IsOwn<FileRecord>,
  { earlier, claim }: { earlier: Earlier; claim: IdempotencyClaim | undefined },
): Promise<Presigned> {
  requireSameContent(earlier, claim);
  const found = await deps.files.get(earlier.fileId);
  const file = isOwn(found) ? found : undefined;
  const offer = file?.state === 'pending' && file.incoming && (await renewOffer(deps, file.incoming));
  if (file === undefined || !offer) {
    throw new AppError('idempotency_key_reused', 'The upload of this Idempotency-Key is over. Use a new key.', {
      details: { uploadId: earlier.fileId },
    });
  }
  return { uploadId: file.id, ...offer };
}

/**
 * Finishes a direct upload of an image: what was PUT is judged by its bytes, re-encoded and stored at the final key.
 * The time until a staged file expires begins here. See `completeUpload` for what may go on beside it, and its errors;
 * adds `invalid_file_type` for bytes of another type than declared, and `invalid_image`.
 */
export async function completeImage(
  deps: StoreDeps,
  upload: Pick<Completion<ExtensionFile>, 'uploadId' | 'authorize'>,
  settings: AppSettings,
): Promise<ExtensionFile> {
  return await completeUpload(deps, {
    ...upload,
    limits: (file) => limitsOf(file, settings),
    async promote(file, head) {
      const bytes = await readIncoming(deps.objects, file, head);
      const detected = sniff(bytes).mimeType;
      requireAllowedType(detected, settings);
      if (detected !== head.contentType) throw typeDiffers(head.contentType, detected);
      const image = await deps.images.process(bytes, { maxEdge: settings.maxImageEdge });
      await deps.objects.put(objectOf(file), image.bytes, headersOf(image), { repeatable: true });
      return { ...factsOf(image), ...expiryOf(file, deps.clock.now(), settings) };
    },
  });
}
