import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { flatPng } from '#test/support/hostile-images.ts';
import { jpegPhoto } from '#test/support/images.ts';

/** Sixty-four mebipixels, the most a picture may have. */
const edge = 8192;
const enlarged = async () => sharp(await jpegPhoto({ width: 1024, height: 1024 })).resize(edge, edge);
const plain = { background: { r: 200, g: 100, b: 50, alpha: 0.5 }, channels: 3 } as const;

const largest: [name: string, make: () => Promise<Buffer>, megabytes: number][] = [
  ['a JPEG', async () => (await enlarged()).jpeg().toBuffer(), 250],
  [
    'a progressive JPEG of full colour resolution, held sideways',
    async () =>
      (await enlarged())
        .withMetadata({ orientation: 6 })
        .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    700,
  ],
  [
    'an interlaced PNG with transparency',
    () => flatPng({ width: edge, height: edge, interlaced: true, bitDepth: 8, channels: 4 }),
    700,
  ],
  [
    'an AVIF',
    () =>
      sharp({ create: { width: edge, height: edge / 2, ...plain } })
        .avif({ effort: 0 })
        .toBuffer(),
    850,
  ],
];

const refused: typeof largest = [
  ['a PNG that claims six times the most', () => flatPng({ width: 20_000, height: 20_000 }), 250],
  [
    'an AVIF of more pixels than AVIF may have',
    () =>
      sharp({ create: { width: 6000, height: 6000, ...plain } })
        .avif({ effort: 0 })
        .toBuffer(),
    250,
  ],
];

/** Width of the result, or why there is none, and the most memory a process held that did nothing else, in MB. */
async function processed(picture: Buffer): Promise<{ outcome: string; megabytes: number }> {
  const file = join(tmpdir(), randomUUID());
  try {
    await writeFile(file, picture);
    const program = new URL('../../support/peak-memory.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [program, file]);
    const [outcome = '', megabytes] = stdout.split(' ');
    return { outcome, megabytes: Number(megabytes) };
  } finally {
    await rm(file, { force: true });
  }
}

describe('a picture of the most pixels there may be', () => {
  it.each(largest)('is stored within half the memory of its function: %s', async (_name, make, megabytes) => {
    const result = await processed(await make());
    expect(result.outcome).toBe('2560');
    expect(result.megabytes).toBeGreaterThan(0);
    expect(result.megabytes).toBeLessThan(megabytes);
  });
});

describe('a picture of more', () => {
  it.each(refused)('is refused before its pixels are there: %s', async (_name, make, megabytes) => {
    const result = await processed(await make());
    expect(result.outcome).toBe('too_many_pixels');
    expect(result.megabytes).toBeLessThan(megabytes);
  });
});
