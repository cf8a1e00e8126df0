import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageAllocator } from '#lib/constructs/endpoint-function.ts';
import { flatPng } from '#test/support/hostile-images.ts';
import { jpegPhoto } from '#test/support/images.ts';

/** Sixty-four mebipixels, the most a picture may have. */
const edge = 8192;
const enlarged = async (size = edge) => sharp(await jpegPhoto({ width: 1024, height: 1024 })).resize(size, size);
const plain = { background: { r: 200, g: 100, b: 50, alpha: 0.5 }, channels: 3 } as const;

const progressive = { progressive: true, chromaSubsampling: '4:4:4' } as const;
const fourFold = { interlaced: true, bitDepth: 8, channels: 4 } as const;

const largest: [name: string, make: () => Promise<Buffer>, mebibytes: number][] = [
  ['a JPEG', async () => (await enlarged()).jpeg().toBuffer(), 250],
  [
    'a progressive JPEG, held sideways',
    async () => (await enlarged()).withMetadata({ orientation: 6 }).jpeg({ progressive: true }).toBuffer(),
    420,
  ],
  [
    'a progressive JPEG of 46 megapixels in full colour resolution',
    async () => (await enlarged(6800)).jpeg(progressive).toBuffer(),
    420,
  ],
  [
    'an interlaced PNG of 64 megapixels with transparency',
    () => flatPng({ width: 8000, height: 8000, ...fourFold }),
    420,
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
    'a progressive JPEG in full colour resolution, of which a decoder would hold 384 MiB',
    async () => (await enlarged()).jpeg(progressive).toBuffer(),
    250,
  ],
  ['an interlaced PNG of sixteen bits', () => flatPng({ width: edge, height: edge, ...fourFold, bitDepth: 16 }), 250],
  [
    'an AVIF of more pixels than AVIF may have',
    () =>
      sharp({ create: { width: 6000, height: 6000, ...plain } })
        .avif({ effort: 0 })
        .toBuffer(),
    250,
  ],
];

/**
 * Width of the last result, or why there is none, and the most memory, in MiB, that a process held which was started as a
 * function is and processed these pictures one after the other.
 */
async function processed(...pictures: Buffer[]): Promise<{ outcome: string; mebibytes: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-pictures-'));
  try {
    const files = pictures.map((_, index) => join(dir, String(index)));
    await Promise.all(pictures.map((picture, index) => writeFile(files[index] ?? '', picture)));
    const program = new URL('../../support/peak-memory.ts', import.meta.url).pathname;
    const env = { ...process.env, ...imageAllocator };
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...files], { env });
    const [outcome = '', mebibytes] = stdout.split(' ');
    return { outcome, mebibytes: Number(mebibytes) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Pictures by name, for who wants them again. */
const made = new Map<string, Buffer>();

describe('a picture of the most pixels there may be', () => {
  it.each(largest)('is stored within half the memory of its function: %s', async (name, make, mebibytes) => {
    made.set(name, await make());
    const result = await processed(made.get(name) ?? Buffer.alloc(0));
    expect(result.outcome).toBe('2560');
    expect(result.mebibytes).toBeGreaterThan(0);
    expect(result.mebibytes).toBeLessThanOrEqual(mebibytes);
  });

  it('leaves no memory behind that the next would have to do without', async () => {
    const pictures = largest.slice(0, 4).map(([name]) => made.get(name) ?? Buffer.alloc(0));
    const { outcome, mebibytes } = await processed(...pictures, ...pictures.slice(1));
    expect(outcome).toBe('2560');
    expect(mebibytes).toBeLessThanOrEqual(440);
  });
});

describe('a picture of more', () => {
  it.each(refused)('is refused before its pixels are there: %s', async (_name, make, mebibytes) => {
    const result = await processed(await make());
    expect(result.outcome).toBe('too_many_pixels');
    expect(result.mebibytes).toBeLessThan(mebibytes);
  });
});
