import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import type { Presets } from '#core/files/variants.ts';
import * as images from '#test/support/images.ts';

const processor = createImageProcessor();
const presets = { thumb: 64, card: 200 };

async function made(picture: Uint8Array, wanted: Presets = presets, maxEdge = 2560) {
  const { bytes, variants } = await processor.process(picture, { maxEdge, presets: wanted });
  return { bytes, variants, byName: new Map(variants.map((variant) => [variant.name, variant])) };
}

const bytesOf = (variants: { name: string; bytes: Uint8Array }[], name: string) =>
  variants.find((variant) => variant.name === name)?.bytes ?? new Uint8Array();

async function rgb(picture: Uint8Array, size?: { width: number; height: number }): Promise<Buffer> {
  const plain = sharp(picture).toColourspace('srgb').removeAlpha();
  return await (size ? plain.resize({ ...size, fit: 'fill' }) : plain).raw().toBuffer();
}

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  expect(one.length).toBe(other.length);
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}

describe('a copy of a preset', () => {
  it.each([
    ['a JPEG', images.jpegPhoto],
    ['a gray JPEG', images.grayJpeg],
    ['a CMYK JPEG', images.cmykJpeg],
    ['a 16-bit PNG', images.deepPng],
    ['a palette PNG', images.palettePng],
    ['a WebP', images.webpPhoto],
    ['a GIF', images.gifPhoto],
  ])('is the same picture, smaller, as WebP: %s', async (_name, make) => {
    const { bytes, variants, byName } = await made(await make({ width: 640, height: 480 }));
    expect(variants).toHaveLength(2);
    for (const [name, width, height] of [
      ['thumb', 64, 48],
      ['card', 200, 150],
    ] as const) {
      const copy = byName.get(name);
      expect(copy).toMatchObject({ width, height });
      const metadata = await sharp(copy?.bytes).metadata();
      expect(metadata).toMatchObject({ format: 'webp', width, height, space: 'srgb' });
      expect(meanDifference(await rgb(copy?.bytes ?? bytes), await rgb(bytes, { width, height }))).toBeLessThan(6);
    }
  });

  it('is made of presets that ask for less than the picture, and the picture is what it is without', async () => {
    const photo = await images.jpegPhoto({ width: 200, height: 100 });
    const { bytes, variants } = await made(photo, { same: 200, more: 4096, less: 199 });
    expect(variants).toMatchObject([{ name: 'less', width: 199, height: 100 }]);
    const alone = await processor.process(photo, { maxEdge: 2560 });
    expect(alone.variants).toEqual([]);
    expect(Buffer.from(alone.bytes).equals(bytes)).toBe(true);
  });

  it('is measured by the picture as it is stored', async () => {
    const { variants } = await made(await images.jpegPhoto({ width: 400, height: 300 }), { card: 200 }, 200);
    expect(variants).toEqual([]);
  });

  it('keeps its proportions however many come between, and an edge of a pixel when it is very thin', async () => {
    const chain = Object.fromEntries([900, 700, 500, 300, 100, 31].map((edge) => [`e${edge}`, edge]));
    const { variants } = await made(await images.jpegPhoto({ width: 1000, height: 667 }), chain);
    for (const { name, width, height } of variants) {
      expect([width, height], name).toEqual([Number(name.slice(1)), Math.round(Number(name.slice(1)) * 0.667)]);
    }
    const line = await made(await images.pngPhoto({ width: 2000, height: 2 }));
    expect(line.variants.map(({ width, height }) => [width, height])).toEqual([
      [200, 1],
      [64, 1],
    ]);
  });

  it.each([3, 6, 8])('is turned upright from EXIF orientation %i', async (orientation) => {
    const { byName } = await made(await images.cornersPicture(orientation), { tiny: 30 });
    expect(byName.get('tiny')).toMatchObject({ width: 30, height: 20 });
    const found: Record<string, number[]> = await images.cornersOf(byName.get('tiny')?.bytes ?? Buffer.alloc(0));
    for (const [corner, color] of Object.entries(images.corners)) {
      for (const [channel, value] of color.entries()) expect(found[corner]?.[channel]).closeTo(value, 40);
    }
  });

  it('keeps what was transparent transparent, and nothing of the original file but its picture', async () => {
    const { variants } = await made(await images.halfClearPng({ width: 640, height: 480 }), { thumb: 64 });
    const { data, info } = await sharp(bytesOf(variants, 'thumb')).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(4);
    const row = 24 * info.width;
    expect(data[(row + 8) * 4 + 3]).toBe(0);
    const [red = 0, , , alpha] = data.subarray((row + 56) * 4);
    expect(red).toBeGreaterThan(250);
    expect(alpha).toBe(255);
    const phone = await made(await images.phonePhoto(), { thumb: 64 });
    const text = Buffer.from(bytesOf(phone.variants, 'thumb')).toString('latin1');
    for (const mark of images.privateMarks) expect(text, mark).not.toContain(mark);
  });

  it.each(['lines across', 'lines down', 'a chequer'])(
    'of %s as fine as they can be is between their colours',
    async (pattern) => {
      const edge = 512;
      const data = Buffer.alloc(edge * edge * 3);
      for (let y = 0; y < edge; y += 1) {
        for (let x = 0; x < edge; x += 1) {
          const on = { 'lines across': y, 'lines down': x, 'a chequer': x + y }[pattern] ?? 0;
          data.fill(on % 2 === 0 ? 255 : 0, (y * edge + x) * 3, (y * edge + x + 1) * 3);
        }
      }
      const png = await sharp(data, { raw: { width: edge, height: edge, channels: 3 } })
        .png()
        .toBuffer();
      const { variants } = await made(png, { e64: 64, e50: 50 });
      for (const { bytes } of variants) {
        const pixels = await rgb(bytes);
        expect(pixels.reduce((sum, value) => sum + value, 0) / pixels.length).closeTo(127.5, 16);
        expect(Math.max(...pixels) - Math.min(...pixels)).toBeLessThan(64);
      }
    },
  );

  it('of which a few points are looked at is that of all of them to the eye', async () => {
    const photo = await images.jpegPhoto({ width: 1600, height: 1200 });
    const { variants } = await made(photo, { thumb: 320 });
    const all = await sharp(photo).resize(320).webp({ quality: 80, effort: 2 }).toBuffer();
    expect(meanDifference(await rgb(bytesOf(variants, 'thumb')), await rgb(all))).toBeLessThan(3);
  });
});

describe('of an animation, a copy', () => {
  it.each([
    ['GIF', images.animatedGif],
    ['WebP', images.animatedWebp],
  ])('is a still of its first frame, however small it is: %s', async (_kind, make) => {
    const { variants } = await made(await make({ width: 96, height: 64, frames: 5 }), { thumb: 48, card: 960 });
    expect(variants).toMatchObject([
      { name: 'card', width: 96, height: 64 },
      { name: 'thumb', width: 48, height: 32 },
    ]);
    for (const { bytes } of variants) {
      expect((await sharp(bytes, { animated: true }).metadata()).pages ?? 1).toBe(1);
      const [red = 0, green = 0, blue = 0] = (await images.cornersOf(bytes)).topLeft;
      for (const [value, is] of [
        [0, red],
        [60, green],
        [255, blue],
      ] as const) {
        expect(is).closeTo(value, 12);
      }
    }
  });

  it('is upright', async () => {
    const { byName } = await made(await images.cornersPicture(6, 'animated'), { tiny: 30 });
    expect(byName.get('tiny')).toMatchObject({ width: 30, height: 20 });
    const { topLeft } = await images.cornersOf(byName.get('tiny')?.bytes ?? Buffer.alloc(0));
    expect(topLeft[0]).toBeGreaterThan(200);
  });
});
