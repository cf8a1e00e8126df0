import { createRequire } from 'node:module';
import type sharpFunction from 'sharp';

export type Sharp = typeof sharpFunction;

/** Below this, known heap overflows of the bundled decoders are reachable (GHSA-rgj7-g3m4-5g8c, fixed in 0.35.4). */
const oldestSafe = [0, 35, 5] as const;

/**
 * The only decoders that may run. Everything else libvips has been built with (SVG, TIFF, PDF, its own formats)
 * stays blocked, and so does every loader that takes a path: no input can make the process read a file.
 */
const allowedLoaders = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  // AVIF alone: the prebuilt library has no decoder for HEVC.
  'VipsForeignLoadHeifBuffer',
];

/**
 * Loads sharp and closes its decoders. Settings are the process's, so calling again is harmless. Through `require`,
 * because on Lambda sharp lies in a layer, which only `require` finds (`NODE_PATH`). Throws when the installed version
 * is unsafe.
 */
export function loadSharp(): Sharp {
  const load = createRequire(import.meta.url);
  const sharp = load('sharp') as Sharp;
  const version = sharp.versions.sharp ?? '';
  if (!isSafeVersion(version))
    throw new Error(`sharp ${version} is too old: ${oldestSafe.join('.')} or newer is needed`);
  // A function has one core; with more threads than one, glibc's allocator also keeps more memory than it gives back.
  sharp.concurrency(1);
  // Every upload is another picture: cached operations would only hold memory.
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: allowedLoaders });
  return sharp;
}

/** Whether this version of sharp has the fixes that hostile images make necessary. */
export function isSafeVersion(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [index, least] of oldestSafe.entries()) {
    const part = parts[index] ?? Number.NaN;
    if (part !== least) return part > least;
  }
  return true;
}
