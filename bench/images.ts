import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { animatedGif, jpegPhoto, pngPhoto } from '#test/support/images.ts';

/**
 * What the image processor costs beyond the bare work, as a ratio to a floor measured in the same run: sharp's decode,
 * resize and WebP of the same picture at the same effort, nothing else. Beside it, what effort 4 would cost and save.
 *
 * `node bench/images.ts [picture...]` takes pictures of one's own instead of the built-in ones.
 */
const rounds = 7;
const maxEdge = 2560;

const processor = createImageProcessor();

async function bare(bytes: Uint8Array, effort: number): Promise<Uint8Array> {
  return sharp(bytes, { animated: true })
    .resize({ width: maxEdge, height: maxEdge, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80, effort })
    .toBuffer();
}

/** Median milliseconds of CPU; variants take turns, so that a busy machine slows all of them alike. */
async function measure<Name extends string>(variants: Record<Name, () => Promise<unknown>>) {
  const names = Object.keys(variants) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const start = process.cpuUsage();
      await variants[name]();
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) samples[name].push((user + system) / 1000);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples[name])])) as Record<Name, number>;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const builtIn: [name: string, make: () => Promise<Buffer>][] = [
  ['JPEG 12 MP', () => jpegPhoto({ width: 4000, height: 3000 })],
  ['JPEG 2 MP', () => jpegPhoto({ width: 1600, height: 1200 })],
  ['PNG 2 MP', () => pngPhoto({ width: 1600, height: 1200 })],
  ['JPEG 320 x 240', () => jpegPhoto()],
  ['GIF 20 frames', () => animatedGif({ width: 320, height: 240, frames: 20 })],
];
const given = process.argv.slice(2);
const pictures = given.length > 0 ? given.map((path) => [path, () => readFile(path)] as const) : builtIn;

const rows: Record<string, Record<string, string>> = {};
for (const [name, make] of pictures) {
  const picture = await make();
  const cpu = await measure({
    floor: () => bare(picture, 2),
    ours: () => processor.process(picture, { maxEdge }),
    effort4: () => bare(picture, 4),
  });
  const [two, four] = [(await bare(picture, 2)).length, (await bare(picture, 4)).length];
  rows[name.split('/').at(-1) ?? name] = {
    'floor, CPU ms': cpu.floor.toFixed(1),
    'ours / floor': (cpu.ours / cpu.floor).toFixed(2),
    'effort 4 / floor': (cpu.effort4 / cpu.floor).toFixed(2),
    'bytes, effort 2 / 4': (two / four).toFixed(3),
  };
}
// biome-ignore lint/suspicious/noConsole: a bench prints its table.
console.table(rows);
