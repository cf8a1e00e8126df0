import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { animatedGif, jpegPhoto, pngPhoto } from '#test/support/images.ts';
import type { Asked, Measured } from './sides/images.ts';
import { median, ratio, report, takeTurns } from './support/sides.ts';

/**
 * What an image costs us, as a ratio to bare sharp: the same picture through one pipeline at the same effort and quality,
 * without placeholder, check or refusal. CPU of a process of its own for each side. And what one
 * preset, a copy of 320 pixels, adds to it.
 *
 * `node bench/images.ts [picture...]` takes pictures of one's own; else five photographs of Debian's `mate-backgrounds`
 * where that is installed, and built-in pictures.
 */
const [rounds, before, maxEdge, effort] = [11, 3, 2560, 2];
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

async function measured(picture: string) {
  const standing = (side: Asked['side']) => ({
    program: 'images.ts',
    args: { side, effort, maxEdge, picture } satisfies Asked,
  });
  const sides = { bare: standing('bare'), ours: standing('ours'), preset: standing('preset') };
  const said = await takeTurns<Asked['side'], Measured>(sides, { rounds, before });
  const cpuMs = (side: Asked['side']) => said[side].map((round) => round.cpuMs);
  return {
    'bare, CPU ms': median(cpuMs('bare')),
    'ours / bare': ratio(cpuMs('ours'), cpuMs('bare')),
    'bytes, ours / bare': (said.ours[0]?.bytes ?? Number.NaN) / (said.bare[0]?.bytes ?? Number.NaN),
    'a preset, % of ours': 100 * (ratio(cpuMs('preset'), cpuMs('ours')) - 1),
  };
}

type Row = Awaited<ReturnType<typeof measured>>;
const rows = new Map<string, Row>();
for (const picture of pictures) rows.set(picture, await measured(picture));
rmSync(dir, { recursive: true, force: true });

/** Each as much as it takes: what a few milliseconds of one are is too little to tell. */
function together(some: Row[]): Row {
  const ms = some.reduce((sum, row) => sum + row['bare, CPU ms'], 0);
  const mean = (column: keyof Row) => some.reduce((sum, row) => sum + row[column] * row['bare, CPU ms'], 0) / ms;
  return {
    'bare, CPU ms': ms,
    'ours / bare': mean('ours / bare'),
    'bytes, ours / bare': mean('bytes, ours / bare'),
    'a preset, % of ours': mean('a preset, % of ours'),
  };
}

const all = given.length > 0 ? [] : photographs.flatMap((picture) => rows.get(picture) ?? []);
report(
  'images',
  Object.fromEntries([
    ...[...rows].map(([picture, row]) => [basename(picture), row]),
    ...(all.length > 0 ? [['all photographs', together(all)]] : []),
  ]),
);
