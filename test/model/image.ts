import type { ImageProcessor } from '#core/extensions/ports.ts';

/** JPEG's first bytes, then the size of the stored image, then nothing up to the size sent. */
export function imageOf(sentBytes: number, storedBytes: number): Uint8Array {
  const bytes = Buffer.alloc(sentBytes);
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  bytes.writeUInt16BE(storedBytes, 4);
  return bytes;
}

/** A pure image processor, since no picture matters here: it stores as many bytes as the image asks for. */
export const images: ImageProcessor = {
  async process(bytes) {
    const size = Buffer.from(bytes).readUInt16BE(4);
    return { bytes: Buffer.alloc(size, 1), mimeType: 'image/webp', width: 1, height: 1, thumbhash: 'AAAA' };
  },
};
