import { AppError } from '#core/files/errors.ts';
import { either } from '#core/files/words.ts';

/** What may be uploaded as an image, and how people call it: kinds every browser shows, whose decoders are open. */
export const imageTypes: Readonly<Record<string, string>> = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/webp': 'WebP',
  'image/gif': 'GIF',
  'image/avif': 'AVIF',
};

/**
 * The refusal of a file that is none of these. Photos of iPhones are told their way: people cannot know what HEIC is.
 * Why it is not taken: `docs/decisions/007-images.md`.
 */
export function unknownImage(mimeType: string, details: Record<string, string>): AppError {
  const message = heic.test(mimeType)
    ? 'HEIC photos are not taken: set the camera to "Most Compatible", or export the photo as JPEG.'
    : `Send a ${either(Object.values(imageTypes))} image.`;
  return new AppError('invalid_file_type', message, { details });
}

const heic = /^image\/hei[cf]\b/;
