import { AppError } from '#core/files/errors.ts';
import { readAvif } from './avif.ts';

/** Why an image of an allowed kind was refused; the contract's `details.reason` of `invalid_image`. */
export type ImageRefusal = 'truncated' | 'corrupt' | 'too_many_pixels' | 'too_many_frames' | 'timeout';

const messages: Record<ImageRefusal, string> = {
  truncated: 'The image ends too early: it was not sent or saved completely.',
  corrupt: 'The image is damaged and cannot be read.',
  too_many_pixels: 'The image has too many pixels.',
  too_many_frames: 'The animation has too many frames.',
  timeout: 'The image takes too long to process.',
};

/**
 * `invalid_image` in our words, or in those of who knows more. `facts` (limits, counts) join `details`; `cause` is for the
 * log only.
 */
export function invalidImage(
  reason: ImageRefusal,
  options: { message?: string; facts?: Record<string, number>; cause?: unknown } = {},
): AppError {
  return new AppError('invalid_image', options.message ?? messages[reason], {
    details: { reason, ...options.facts },
    cause: options.cause,
  });
}

/**
 * Turns what sharp threw into a refusal. It throws plain errors whose text is all there is to go by, and says the same
 * for a damaged PNG or WebP and for half of one, so those are told apart by the container. Running out of memory is no
 * fault of the image and stays an unknown failure.
 */
export function refusalOf(error: unknown, bytes: Uint8Array, mimeType: string): unknown {
  if (error instanceof AppError) return error;
  const text = error instanceof Error ? error.message : '';
  if (/out of memory|could not allocate|unable to allocate/i.test(text)) return error;
  if (/exceeds pixel limit/i.test(text)) return invalidImage('too_many_pixels', { cause: error });
  if (/^timeout:/m.test(text)) return invalidImage('timeout', { cause: error });
  const cut = /(premature|unexpected) end/i.test(text) || endsEarly(bytes, mimeType);
  return invalidImage(cut ? 'truncated' : 'corrupt', { cause: error });
}

/** Whether the container's own end is missing: the last chunk of a PNG, or bytes that a length of WebP or AVIF announces. */
function endsEarly(bytes: Uint8Array, mimeType: string): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (mimeType === 'image/png') return !buffer.includes('IEND');
  if (mimeType === 'image/webp') return buffer.length < 12 || buffer.readUInt32LE(4) + 8 > buffer.length;
  return mimeType === 'image/avif' && readAvif(bytes).endsInside;
}
