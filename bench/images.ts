import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { animatedGif, jpegPhoto, pngPhoto } from '#test/support/images.ts';
import type { Asked, Measured } from './sides/images.ts';
import { median, report, side } from './support/sides.ts';

/**
 * What an image costs us, as a ratio to bare sharp: the same picture through one pipeline at the same effort and quality,
 * without placeholder, check or refusal. CPU of a process of its own for each side; the sides take turns. And what one
 * preset, a copy of 320 pixels, adds to it.
 *
 * `node bench/images.ts [picture...]` takes pictures of one's own; else five photographs of Debian's `mate-backgrounds`
 * where that is installed, and built-in pictures.
 */
const [turns, rounds, maxEdge, effort] = [3, 5, 2560, 2];
const debian = '/usr/share/backgrounds/mate/nature';

const dir = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
async function builtIn(): Promise<string[]> {
  const pictures: [string, Promise<Buffer>][] = [
    ['built-in-12-megapixels.jpg', jpegPhoto({ width: 4000, height: 3000 })],
    ['built-in-2-megapixels.jpg', jpegPhoto({ width: 1600, height: 1200 })],
    ['built-in-2-megapixels.png', pngPhoto({ width: 1600, height: 1200 })],
    ['built-in-20-frames.gif', animatedGif({ width: 320, height: 240, frames: 20 })],
  ];
  for (const [name, bytes] of pictures) writeFileSync(join(dir, name), await bytes);
  return pictures.map(([name]) => join(dir, name));
}

const photographs = existsSync(debian)
  ? readdirSync(debian)
      .filter((name) => name.endsWith('.jpg'))
      .sort()
      .slice(0, 5)
      .map((name) => join(debian, name))
  : [];
const given = process.argv.slice(2);
const pictures = given.length > 0 ? given : [...photographs, ...(await builtIn())];

const taken: Record<Asked['side'], Measured[]> = { ours: [], bare: [] };
for (let turn = 0; turn < turns; turn += 1) {
  for (const name of ['bare', 'ours'] as const) {
    taken[name].push(
      await side<Measured>('images.ts', { side: name, effort, maxEdge, rounds, pictures } satisfies Asked),
    );
  }
}
rmSync(dir, { recursive: true, force: true });

const cpuOf = (name: Asked['side'], picture: string) =>
  median(taken[name].flatMap((measured) => measured[picture]?.cpuMs ?? []));
const presetMs = (picture: string) => median(taken.ours.flatMap((measured) => measured[picture]?.presetMs ?? []));
/** Of all pictures together, which the few milliseconds of each are too few to tell. */
const shareOf = (some: string[]) =>
  some.reduce((sum, picture) => sum + presetMs(picture), 0) /
  some.reduce((sum, picture) => sum + cpuOf('ours', picture), 0);
const bytesOf = (name: Asked['side'], picture: string) => taken[name][0]?.[picture]?.bytes ?? Number.NaN;

report(
  'images',
  Object.fromEntries([
    ...pictures.map((picture) => [
      basename(picture),
      {
        'bare, CPU ms': cpuOf('bare', picture),
        'ours / bare': cpuOf('ours', picture) / cpuOf('bare', picture),
        'bytes, ours / bare': bytesOf('ours', picture) / bytesOf('bare', picture),
        'a preset, % of ours': 100 * shareOf([picture]),
      },
    ]),
    ...(photographs.length > 0 && given.length === 0
      ? [['all photographs', { 'a preset, % of ours': 100 * shareOf(photographs) }]]
      : []),
  ]),
);
