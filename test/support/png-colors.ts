import { deflateSync } from 'node:zlib';
import { displayProfile } from '#adapters/sharp/icc.ts';
import { pngOf } from './hostile-images.ts';

type Chunk = readonly [type: string, data: Buffer];

const whole = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
};

/** PNG's chunks that tell how numbers become light; https://www.w3.org/TR/png-3/#11addnlcolinfo */
export const gamma = (value: number): Chunk => ['gAMA', whole(Math.round(value * 100_000))];
export const srgbChunk: Chunk = ['sRGB', Buffer.from([0])];
export const chromaticities = {
  srgb: ['cHRM', whole(31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)],
  adobe: ['cHRM', whole(31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000)],
  /** Three primaries on a line, which make no display. */
  line: ['cHRM', whole(31_270, 32_900, 10_000, 10_000, 20_000, 20_000, 30_000, 30_000)],
} satisfies Record<string, Chunk>;

/** The profile of a gray display whose light is value ** `power`. */
export function grayProfile(power: number): Chunk {
  const profile = displayProfile(power) ?? Buffer.alloc(0);
  return ['iCCP', Buffer.concat([Buffer.from('gray\0\0'), deflateSync(profile, { level: 0 })])];
}

/** A PNG of one colour: 1 channel is gray, 2 gray and alpha, 3 RGB, 4 RGBA; values of 0 to 255 whatever the depth. */
export function plainPng(value: readonly number[], chunks: readonly Chunk[], bitDepth: 8 | 16 = 8): Buffer {
  const edge = 32;
  const header = Buffer.concat([whole(edge, edge), Buffer.from([bitDepth, colorType[value.length] ?? 0, 0, 0, 0])]);
  const pixel = value.flatMap((channel) => (bitDepth === 8 ? [channel] : [channel, channel]));
  const row = Buffer.from([0, ...Array<number[]>(edge).fill(pixel).flat()]);
  return pngOf([
    ['IHDR', header],
    ...chunks,
    ['IDAT', deflateSync(Buffer.concat(Array<Buffer>(edge).fill(row)))],
    ['IEND', Buffer.alloc(0)],
  ]);
}

/** A PNG of one pixel value out of a palette. */
export const palettePng = (color: readonly number[], chunks: readonly Chunk[]): Buffer =>
  pngOf([
    ['IHDR', Buffer.concat([whole(32, 32), Buffer.from([8, 3, 0, 0, 0])])],
    ...chunks,
    ['PLTE', Buffer.from(color)],
    ['IDAT', deflateSync(Buffer.alloc(32 * 33))],
    ['IEND', Buffer.alloc(0)],
  ]);

const colorType: Readonly<Record<number, number>> = { 1: 0, 2: 4, 3: 2, 4: 6 };
