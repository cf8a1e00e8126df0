import {
  type ExtensionUpload,
  expiryOf,
  factsOf,
  newExtensionFile,
  newObjectsOf,
  requireAllowedType,
} from '#core/extensions/new-file.ts';
import { AppError } from '#core/files/errors.ts';
import { readIncoming, typeDiffers } from '#core/files/incoming.ts';
import { mediaTypeOf } from '#core/files/media-type.ts';
import { type PresignDeps, type Presigned, presign } from '#core/files/presign.ts';
import { type Completion, completeUpload } from '#core/files/promote.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { sniff } from '#core/files/sniff.ts';
import { sizeInWords } from '#core/files/words.ts';
import { putObjects } from '#core/files/write-object.ts';
import { imageTypes, unknownImage } from './image-types.ts';
import { ownPending } from './own-pending.ts';
import { limitsOf } from './quota.ts';
import { isUploadedTo } from './session-files.ts';
import type { AppSettings } from './settings.ts';
import type { StoreDeps } from './store-image.ts';

export interface PresignRequest extends ExtensionUpload {
  /** As declared; the PUT must have exactly this type and length. */
  mimeType: string;
  sizeBytes: number;
}

/**
 * Begins a direct upload (docs/contract.md, "Direct upload"): the declared size is reserved in one transaction, so
 * however many presign at once, no more is promised than the limits allow. No call to R2. The id of the upload is the
 * file's.
 *
 * Throws `file_too_large`, `invalid_file_type`, the three quota codes and `idempotency_key_reused`.
 */
export async function presignImage(
  deps: PresignDeps,
  request: PresignRequest,
  settings: AppSettings,
): Promise<Presigned> {
  const { sizeBytes, askedAt = deps.clock.now() } = request;
  const mimeType = mediaTypeOf(request.mimeType);
  if (sizeBytes > settings.maxFileBytes) {
    throw new AppError('file_too_large', `Send a file of at most ${sizeInWords(settings.maxFileBytes)}.`, {
      details: { maxBytes: settings.maxFileBytes },
    });
  }
  requireAllowedType(mimeType, settings);
  if (!Object.hasOwn(imageTypes, mimeType)) {
    throw unknownImage(mimeType, { declared: mimeType });
  }
  const reserved = Math.min(sizeBytes, mostStored(mimeType, settings));
  const file = newExtensionFile(deps.clock.now(), request, { mimeType, sizeBytes: reserved }, settings);
  const { idempotency } = request;
  return await presign<ExtensionFile>(deps, file, {
    isOwn: isUploadedTo(request.target),
    declared: { mimeType: request.mimeType.trim(), sizeBytes },
    reservationOf: (pending) => ({
      quota: {
        limits: limitsOf(pending, settings),
        room: deps,
        ownPending: () => ownPending(deps.files, { ...request, askedAt }),
      },
      idempotency,
    }),
  });
}

/**
 * The most bytes per pixel that noise takes as WebP at our quality, by what its source can be: measured, 1.64 and with an
 * alpha channel 2.2, and rounded up. What may be an animation has no bound by its size on the screen.
 */
const bytesPerPixel: Readonly<Record<string, number>> = { 'image/jpeg': 2, 'image/png': 3 };

/** Room for what is around the pixels: a colour profile. */
const profileBytes = 65_536;

/**
 * The most that a picture of this type can weigh once it is stored with its copies, however large it is sent: nobody is
 * refused for bytes that will not be kept. Should it weigh more after all, completion asks for the rest.
 */
function mostStored(mimeType: string, { maxImageEdge, imagePresets }: AppSettings): number {
  const perPixel = bytesPerPixel[mimeType];
  if (perPixel === undefined) return Number.POSITIVE_INFINITY;
  const edges = [maxImageEdge, ...Object.values(imagePresets).filter((edge) => edge < maxImageEdge)];
  return edges.reduce((sum, edge) => sum + perPixel * edge ** 2, profileBytes);
}

/**
 * Finishes a direct upload of an image: what was PUT is judged by its bytes, re-encoded and stored at the final key,
 * with copies of the presets that it was presigned under: so however often it is begun again, it comes out the same. The time until a staged file expires begins here. See `completeUpload` for what may go on beside it, and its errors;
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
    async place(file, head) {
      const bytes = await readIncoming(deps.objects, file, head);
      const detected = sniff(bytes).mimeType;
      requireAllowedType(detected, settings);
      if (detected !== mediaTypeOf(head.contentType)) throw typeDiffers(head.contentType, detected);
      const image = await deps.images.process(bytes, { maxEdge: settings.maxImageEdge, presets: file.presets });
      await putObjects(deps, newObjectsOf(file, image), { repeatable: true });
      return { ...factsOf(image), ...expiryOf(file, deps.clock.now(), settings) };
    },
  });
}
