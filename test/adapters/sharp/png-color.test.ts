import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { withColorProfile } from '#adapters/sharp/png-color.ts';
import * as png from '#test/support/png-colors.ts';

const processor = createImageProcessor();

/** RGB of the stored picture's middle, and alpha where there is any. */
async function stored(file: Uint8Array): Promise<number[]> {
  const { bytes } = await processor.process(file, { maxEdge: 2560 });
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (16 * info.width + 16) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

function expectColor(found: number[], right: readonly number[]) {
  for (const [channel, value] of right.entries()) expect(found[channel], `${found}`).closeTo(value, 3);
}

/** A power of light as sRGB writes it. https://www.w3.org/TR/PNG-EncodersColor */
function srgbOf(value: number, power: number): number {
  const light = (value / 255) ** power;
  return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);
}

const powers = [1, 1.8, 1 / 0.3, 1 / 2.2 / 2.2];

describe('a PNG whose gAMA chunk tells how light its numbers are', () => {
  it.each(powers)('is stored as light as that, in each kind of pixel: power %d', async (power) => {
    const [red, green, blue] = [80, 140, 210];
    const right = [red, green, blue].map((value) => srgbOf(value, power));
    const gray = [right[1], right[1], right[1]] as number[];
    const chunk = png.gamma(1 / power);
    for (const bitDepth of [8, 16] as const) {
      expectColor(await stored(png.plainPng([red, green, blue], [chunk], bitDepth)), right);
      expectColor(await stored(png.plainPng([red, green, blue, 100], [chunk], bitDepth)), [...right, 100]);
      expectColor(await stored(png.plainPng([green], [chunk], bitDepth)), gray);
      expectColor(await stored(png.plainPng([green, 100], [chunk], bitDepth)), [...gray, 100]);
    }
    expectColor(await stored(png.palettePng([red, green, blue], [chunk])), right);
  });

  it('is stored in the colours its cHRM chunk tells, as Chromium shows it', async () => {
    const shown: [gamma: number, right: number[]][] = [
      [1, [108, 188, 231]],
      [0.45455, [0, 129, 204]],
      [0.55556, [3, 146, 212]],
      [0.3, [0, 89, 181]],
    ];
    for (const [value, right] of shown) {
      for (const bitDepth of [8, 16] as const) {
        const chunks = [png.gamma(value), png.chromaticities.adobe];
        expectColor(await stored(png.plainPng([64, 128, 200], chunks, bitDepth)), right);
        expectColor(await stored(png.plainPng([64, 128, 200], chunks.toReversed(), bitDepth)), right);
      }
    }
  });

  it('is fitted like any other', async () => {
    const file = png.plainPng([64, 128], [png.gamma(1)], 16);
    const result = await processor.process(file, { maxEdge: 10 });
    expect([result.width, result.height]).toEqual([10, 10]);
    expect(result.thumbhash).not.toBe('');
  });
});

describe('a PNG that is sRGB, or says what nobody means', () => {
  it.each([
    ['no such chunk', []],
    ['the gAMA of sRGB', [png.gamma(0.45455)]],
    ['gAMA and cHRM of sRGB', [png.gamma(0.45455), png.chromaticities.srgb]],
    ['an sRGB chunk beside another gAMA', [png.srgbChunk, png.gamma(1)]],
    ['cHRM alone', [png.chromaticities.adobe]],
    ['gAMA of nothing', [png.gamma(0)]],
    ['gAMA beyond all use', [png.gamma(400)]],
    ['a colour profile beside gAMA', [png.grayProfile(1), png.gamma(0.3)]],
    ['a gAMA chunk of no length', [['gAMA', Buffer.alloc(0)] as const]],
  ])('is decoded as it came: %s', (_name, chunks) => {
    for (const value of [[64], [64, 128, 200]]) {
      const file = png.plainPng(value, chunks);
      expect(withColorProfile(file)).toBe(file);
    }
  });

  it('is decoded as it came when its primaries lie on a line', () => {
    const file = png.plainPng([64, 128, 200], [png.gamma(1), png.chromaticities.line]);
    expect(withColorProfile(file)).toBe(file);
  });
});

describe('a gray PNG with a colour profile', () => {
  it.each(powers)('is stored as light as the profile says, of 8 and of 16 bits: power %d', async (power) => {
    const right = srgbOf(140, power);
    for (const bitDepth of [8, 16] as const) {
      expectColor(await stored(png.plainPng([140], [png.grayProfile(power)], bitDepth)), [right, right, right]);
      const clear = png.plainPng([140, 100], [png.grayProfile(power)], bitDepth);
      expectColor(await stored(clear), [right, right, right, 100]);
    }
  });
});
