import type { Metadata } from 'sharp';
import { readAvif } from './avif.ts';
import { readGif } from './gif.ts';
import { heldPerPixel } from './held.ts';
import type { Sharp } from './library.ts';
import type { PixelLimits } from './limits.ts';
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
 * (`too_many_pixels`, `too_many_frames`) and half a GIF (`truncated`). sharp's own limit is switched off here so that
 * the refusal can tell the numbers.
 */
export async function readHeader(
  sharp: Sharp,
  bytes: Uint8Array,
  { mimeType, limits }: { mimeType: string; limits: PixelLimits },
): Promise<Header> {
  const animated = mimeType === 'image/gif' || mimeType === 'image/webp';
  const metadata = await sharp(bytes, { animated, limitInputPixels: false }).metadata();
  const frames = metadata.pageHeight === undefined ? 1 : (metadata.pages ?? 1);
  const framePixels = metadata.width * (metadata.pageHeight ?? metadata.height);
  if (frames > maxFrames) throw invalidImage('too_many_frames', { facts: { frames, maxFrames } });
  const isAvif = mimeType === 'image/avif';
  requirePixels(framePixels, isAvif ? limits.avif : limits.picture);
  requireHoldable(metadata, { mimeType, limits });
  // Frames to be turned are held all at once, see `orientFrames`.
  const turned = (metadata.orientation ?? 1) > 1;
  if (frames > 1) requirePixels(framePixels * frames, turned ? limits.picture : limits.animation);
  if (isAvif) {
    const { pixels, largest } = readAvif(bytes);
    requirePixels(largest, limits.avif);
    // The picture and the tiles it is made of, each with its transparency.
    requirePixels(pixels, limits.avif * 4);
  }
  if (mimeType === 'image/gif' && readGif(bytes).endsInside) throw invalidImage('truncated');
  return {
    frames,
    orientation: metadata.orientation ?? 1,
    delay: metadata.delay ?? [],
    loop: metadata.loop ?? 0,
    ...(metadata.icc !== undefined && { deep: deepSpaces[metadata.space ?? ''] }),
  };
}

function requirePixels(pixels: number, maxPixels: number): void {
  if (pixels > maxPixels) throw invalidImage('too_many_pixels', { facts: { pixels, maxPixels } });
}

/** What the decoder holds whole may have fewer pixels than what passes through it, and there is a way out to tell. */
function requireHoldable(metadata: Metadata, { mimeType, limits }: { mimeType: string; limits: PixelLimits }): void {
  const perPixel = heldPerPixel(metadata, mimeType);
  if (perPixel === undefined) return;
  const isJpeg = mimeType === 'image/jpeg';
  const maxPixels = Math.floor((isJpeg ? limits.held.jpeg : limits.held.png) / perPixel);
  const pixels = metadata.width * metadata.height;
  if (pixels <= maxPixels) return;
  const kind = isJpeg ? 'a progressive JPEG' : 'an interlaced PNG';
  const message = `The image has too many pixels for ${kind} of its kind. Save it without that, or smaller.`;
  throw invalidImage('too_many_pixels', { message, facts: { pixels, maxPixels } });
}

const deepSpaces: Readonly<Record<string, Header['deep']>> = { rgb16: 'color', grey16: 'gray' };
