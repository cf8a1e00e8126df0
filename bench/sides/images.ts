import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type sharpFunction from 'sharp';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { asked, cpuOf, serveRounds } from '../support/sides.ts';

/** One side of `bench/images.ts`: a picture, once a round. */
export interface Asked {
  /** `preset` is ours with a copy of 320 pixels. */
  side: 'bare' | 'ours' | 'preset';
  effort: number;
  maxEdge: number;
  picture: string;
}

export interface Measured {
  cpuMs: number;
  /** What the result weighs. */
  bytes: number;
}

const { side, effort, maxEdge, picture } = asked<Asked>();

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

const work = side === 'bare' ? bare() : ours(side === 'preset' ? { thumb: 320 } : {});
const file = await readFile(picture);
serveRounds(async (): Promise<Measured> => {
  let bytes = 0;
  const cpuMs = await cpuOf(async () => {
    bytes = await work(file);
  });
  return { cpuMs, bytes };
});
