import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type sharpFunction from 'sharp';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { asked, cpuOf } from '../support/sides.ts';

/** One side of `bench/images.ts`: every picture some times over, and what the last result weighed. */
export interface Asked {
  side: 'ours' | 'bare';
  effort: number;
  maxEdge: number;
  rounds: number;
  pictures: string[];
}

/** `presetMs`, ours only: what a copy of 320 pixels adds, by the next try. */
export type Measured = Record<string, { cpuMs: number[]; presetMs: number[]; bytes: number }>;

const { side, effort, maxEdge, rounds, pictures } = asked<Asked>();

/** What an engineer writes who wants the same picture and nothing else: one pipeline, one thread, no cache. */
function bare(): (bytes: Uint8Array) => Promise<number> {
  const sharp = createRequire(import.meta.url)('sharp') as typeof sharpFunction;
  sharp.concurrency(1);
  sharp.cache(false);
  const size = { width: maxEdge, height: maxEdge, fit: 'inside', withoutEnlargement: true } as const;
  return async (bytes) =>
    (await sharp(bytes, { animated: true }).autoOrient().resize(size).webp({ quality: 80, effort }).toBuffer()).length;
}

function ours(presets = {}): (bytes: Uint8Array) => Promise<number> {
  const processor = createImageProcessor();
  return async (bytes) => (await processor.process(bytes, { maxEdge, presets })).bytes.length;
}

const work = side === 'ours' ? ours() : bare();
const withPreset = side === 'ours' ? ours({ thumb: 320 }) : undefined;
const measured: Measured = {};
for (const picture of pictures) {
  const file = await readFile(picture);
  const cpuMs: number[] = [];
  const presetMs: number[] = [];
  let bytes = 0;
  for (let round = -2; round < rounds; round += 1) {
    const spent = await cpuOf(async () => {
      bytes = await work(file);
    });
    // In turns with the same without, in one process: the difference is small.
    const more = withPreset && (await cpuOf(() => withPreset(file)));
    if (round < 0) continue;
    cpuMs.push(spent);
    if (more !== undefined) presetMs.push(more - spent);
  }
  measured[picture] = { cpuMs, presetMs, bytes };
}
process.stdout.write(JSON.stringify(measured));
