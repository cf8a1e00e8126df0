import type { ImageProcessor } from '#core/extensions/ports.ts';

/** JPEG's first bytes, then the size of the stored image, then nothing up to the size sent. */
export function imageOf(sentBytes: number, storedBytes: number): Uint8Array {
  const bytes = Buffer.alloc(sentBytes);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  bytes.writeUInt16BE(storedBytes, 4);
  return bytes;
}

/**
 * A pure image processor, since no picture matters here: it stores as many bytes as the image asks for, a quarter of them
 * as the copy of each preset that asks for less than its hundred pixels.
 */
export const images: ImageProcessor = {
  async process(bytes, { presets = {} }) {
    const size = Buffer.from(bytes).readUInt16BE(4);
    const part = Math.floor(size / 4);
    const copies = Object.entries(presets).filter(([, edge]) => edge < 100);
    const variants = copies.map(([name, edge]) => ({ name, bytes: Buffer.alloc(part, 2), width: edge, height: edge }));
    const own = Buffer.alloc(size - part * variants.length, 1);
    return { bytes: own, mimeType: 'image/webp', width: 100, height: 100, thumbhash: 'AAAA', variants };
  },
};
