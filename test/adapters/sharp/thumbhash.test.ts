import sharp from 'sharp';
import { rgbaToThumbHash, thumbHashToRGBA } from 'thumbhash';
import { describe, expect, it } from 'vitest';
import { thumbhashOf, thumbhashOfPixels } from '#adapters/sharp/thumbhash.ts';
import { jpegPhoto, pngPhoto } from '#test/support/images.ts';

/** Both ways to the hash of one picture, each as the placeholder that a browser makes of it. */
async function placeholders(picture: Buffer) {
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const shown = (hash: string) => thumbHashToRGBA(Buffer.from(hash, 'base64'));
  return {
    sampled: shown(thumbhashOfPixels({ data, width, height, channels })),
    whole: shown(await thumbhashOf(sharp(picture))),
  };
}

/** Of 255, over all channels. */
function meanDifference(one: Uint8Array, other: Uint8Array): number {
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}

const plain = (width: number, height: number) => ({
  create: { width, height, channels: 4 as const, background: { r: 200, g: 40, b: 90, alpha: 0.5 } },
});

describe('a placeholder made of some pixels', () => {
  it.each([
    ['a photo', () => jpegPhoto({ width: 2560, height: 1920 })],
    ['a photo on its side', () => jpegPhoto({ width: 900, height: 1600 })],
    ['a photo of no round size', () => jpegPhoto({ width: 1021, height: 767 })],
    ['a panorama', () => jpegPhoto({ width: 3000, height: 300 })],
    ['a screenshot', () => pngPhoto({ width: 1280, height: 800 })],
    ['one that shows through', () => sharp(plain(300, 200)).png().toBuffer()],
    [
      'one of gray',
      async () =>
        await sharp(await jpegPhoto())
          .grayscale()
          .jpeg()
          .toBuffer(),
    ],
    [
      'one of gray that shows through',
      async () => await sharp(plain(64, 64)).grayscale().toColourspace('b-w').png().toBuffer(),
    ],
    ['one smaller than the hash', () => sharp(plain(5, 3)).png().toBuffer()],
    ['one pixel', () => sharp(plain(1, 1)).png().toBuffer()],
  ])('is that of all of them to the eye: %s', async (_, make) => {
    const { sampled, whole } = await placeholders(await make());
    expect([sampled.w, sampled.h]).toEqual([whole.w, whole.h]);
    // Two hashes of hardly different pixels differ by up to 5: their waves have four bits. More samples do not lessen it.
    expect(meanDifference(sampled.rgba, whole.rgba)).toBeLessThan(6);
  });
});

it.each([
  ['landscape', { width: 1600, height: 1200 }],
  ['portrait', { width: 800, height: 1200 }],
])('is as near to a photo as a placeholder made the usual way, of a hundred pixels: %s', async (_, size) => {
  const photo = await jpegPhoto(size);
  const pixels = (edge: { width: number; height: number }) =>
    sharp(photo).resize(edge).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const usual = await pixels({ width: size.width / 20, height: size.height / 20 });
  const placeholder = thumbHashToRGBA(rgbaToThumbHash(usual.info.width, usual.info.height, usual.data));
  const { sampled } = await placeholders(photo);
  expect([sampled.w, sampled.h]).toEqual([placeholder.w, placeholder.h]);
  const { data: real } = await pixels({ width: sampled.w, height: sampled.h });
  expect(meanDifference(sampled.rgba, real)).toBeLessThan(meanDifference(placeholder.rgba, real) + 0.5);
});
