import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { readAvif } from '#adapters/sharp/avif.ts';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { avifPhoto, halfClearPng, pngPhoto } from '#test/support/images.ts';

const processor = createImageProcessor();

const box = (type: string, ...content: Buffer[]) => {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
};
const size = (width: number, height: number) => {
  const content = Buffer.alloc(12);
  content.writeUInt32BE(width, 4);
  content.writeUInt32BE(height, 8);
  return box('ispe', content);
};
/** Items 1, 2 and so on, each with the properties of these numbers; counted from 1. */
const owners = (...items: number[][]) =>
  box(
    'ipma',
    Buffer.from([0, 0, 0, 0, 0, 0, 0, items.length]),
    ...items.map((properties, index) =>
      Buffer.from([0, index + 1, properties.length, ...properties.map((property) => property | 0x80)]),
    ),
  );
const file = (properties: Buffer[], items: number[][]) =>
  Buffer.concat([
    box('ftyp', Buffer.from('avif\0\0\0\0mif1avif')),
    box('meta', Buffer.alloc(4), box('iprp', box('ipco', ...properties), owners(...items))),
    box('mdat', Buffer.alloc(20)),
  ]);

describe('an AVIF', () => {
  it('of nothing but empty boxes is not read to its end', async () => {
    const empty = Buffer.concat([box('ftyp', Buffer.from('avif\0\0\0\0mif1avif')), Buffer.alloc(40_000, box('free'))]);
    expect(readAvif(empty).endsInside).toBe(false);
    const many = Buffer.concat([empty, Buffer.alloc(800_000, box('free'))]);
    const read = vi.spyOn(Buffer.prototype, 'readUInt32BE');
    readAvif(many);
    expect(read.mock.calls.length).toBeLessThan(20_000);
    read.mockRestore();
  });

  it('is stored as the picture it is, in its colours', async () => {
    const png = await pngPhoto({ width: 160, height: 120 });
    for (const options of [{}, { bitdepth: 10 as const, chromaSubsampling: '4:4:4' }, { lossless: true }]) {
      const avif = await sharp(png)
        .avif({ effort: 0, quality: 90, ...options })
        .toBuffer();
      const { bytes, ...facts } = await processor.process(avif, { maxEdge: 100 });
      expect(facts).toMatchObject({ mimeType: 'image/webp', width: 100, height: 75 });
      const [found, wanted] = await Promise.all(
        [bytes, png].map((picture) => sharp(picture).resize(100, 75).removeAlpha().raw().toBuffer()),
      );
      const difference = found?.reduce((sum, value, index) => sum + Math.abs(value - (wanted?.[index] ?? 0)), 0) ?? 0;
      expect(difference / (found?.length ?? 1)).toBeLessThan(12);
    }
  });

  it('keeps what is transparent', async () => {
    const avif = await sharp(await halfClearPng())
      .avif({ effort: 0 })
      .toBuffer();
    const { bytes } = await processor.process(avif, { maxEdge: 100 });
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    expect([data[8 * 4 + 3], data[56 * 4 + 3]]).toEqual([0, 255]);
  });

  it('that claims too many pixels is refused, also where its tiles alone have them', async () => {
    const avif = await avifPhoto({ width: 64, height: 48 });
    const large = Buffer.from(avif);
    large.writeUInt32BE(6000, large.indexOf('ispe') + 8);
    large.writeUInt32BE(6000, large.indexOf('ispe') + 12);
    await expect(processor.process(large, { maxEdge: 100 })).rejects.toMatchObject({
      details: { reason: 'too_many_pixels', pixels: 36_000_000, maxPixels: 2 ** 25 },
    });
    expect(readAvif(avif)).toEqual({ pixels: 64 * 48, largest: 64 * 48, endsInside: false });
    const tiles = file([size(64, 48), box('pixi'), size(9000, 9000)], [[1, 2], [2, 3], [3], [3]]);
    expect(readAvif(tiles)).toEqual({ pixels: 64 * 48 + 3 * 81_000_000, largest: 81_000_000, endsInside: false });
  });

  it('that is cut is told from one that is damaged', async () => {
    const avif = await avifPhoto({ width: 64, height: 48 });
    expect(readAvif(avif.subarray(0, -1)).endsInside).toBe(true);
    expect(readAvif(Buffer.alloc(0)).endsInside).toBe(true);
    const damaged = Buffer.from(avif);
    damaged.fill(0xff, damaged.indexOf('mdat') + 4, damaged.indexOf('mdat') + 40);
    await expect(processor.process(damaged, { maxEdge: 100 })).rejects.toMatchObject({
      details: { reason: 'corrupt' },
    });
  });
});
