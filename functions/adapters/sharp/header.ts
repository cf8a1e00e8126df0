import { readGif } from './gif.ts';
import type { Sharp } from './library.ts';
import { invalidImage } from './refusals.ts';

/** Frames of an animation. A minute at 16 a second passes; a file of a million one-pixel frames does not. */
export const maxFrames = 1000;

/** What is known of an image before any of its pixels is decoded. */
export interface Header {
  frames: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** Milliseconds of each frame. */
  delay: number[];
  /** Repetitions of an animation, 0 for ever. */
  loop: number;
  /** Sixteen bits a channel, with a colour profile of its own. */
  deep?: 'color' | 'gray';
}

/**
 * Reads the header, in a few milliseconds whatever the image claims to be, and refuses what would not fit in memory
 * (`too_many_pixels`, `too_many_frames`) and half a GIF (`truncated`). Every frame counts, since an animation is decoded whole; sharp's own limit
 * is switched off here so that the refusal can tell the numbers.
 */
export async function readHeader(
  sharp: Sharp,
  bytes: Uint8Array,
  { mimeType, maxPixels }: { mimeType: string; maxPixels: number },
): Promise<Header> {
  const animated = mimeType === 'image/gif' || mimeType === 'image/webp';
  const metadata = await sharp(bytes, { animated, limitInputPixels: false }).metadata();
  const frames = metadata.pageHeight === undefined ? 1 : (metadata.pages ?? 1);
  const pixels = metadata.width * (metadata.pageHeight ?? metadata.height) * frames;
  if (frames > maxFrames) throw invalidImage('too_many_frames', { facts: { frames, maxFrames } });
  if (pixels > maxPixels) throw invalidImage('too_many_pixels', { facts: { pixels, maxPixels } });
  if (mimeType === 'image/gif' && readGif(bytes).endsInside) throw invalidImage('truncated');
  return {
    frames,
    orientation: metadata.orientation ?? 1,
    delay: metadata.delay ?? [],
    loop: metadata.loop ?? 0,
    ...(metadata.icc !== undefined && { deep: deepSpaces[metadata.space ?? ''] }),
  };
}

const deepSpaces: Readonly<Record<string, Header['deep']>> = { rgb16: 'color', grey16: 'gray' };
