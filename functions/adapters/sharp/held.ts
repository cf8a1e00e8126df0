import type { Metadata } from 'sharp';

/**
 * Bytes that the decoder of a progressive JPEG or an interlaced PNG has to hold for each pixel of the picture, since the
 * last of the file may change the first of them; undefined for pictures that are decoded line by line.
 *
 * A progressive JPEG (any of several scans) is held as coefficients of two bytes, fewer where colour is sampled more
 * coarsely; an interlaced PNG as its pixels. Sources: libjpeg-turbo, `libjpeg.txt`, "Progressive JPEG support"; the PNG
 * specification, 8.2.
 */
export function heldPerPixel(metadata: Metadata, mimeType: string): number | undefined {
  if (metadata.isProgressive !== true) return undefined;
  if (mimeType === 'image/jpeg') return 2 * (sampled[metadata.chromaSubsampling ?? ''] ?? metadata.channels);
  if (mimeType === 'image/png') return metadata.channels * (metadata.depth === 'ushort' ? 2 : 1);
  return undefined;
}

/** Coefficients for each pixel, all components together. */
const sampled: Readonly<Record<string, number>> = { '4:2:0': 1.5, '4:1:1': 1.5, '4:2:2': 2, '4:4:0': 2 };
