import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cachedBundle } from '#local/bundle-cache.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'stowage-bundles-'));
  mkdirSync(path.join(dir, 'functions'));
  write('shared.ts', 'export const word: string = "one";');
  write('a.ts', 'import { word } from "./shared.ts"; export const handler = () => word;');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(dir, { recursive: true, force: true });
});

/** Written at another time than before, however fast the test is. */
let seconds = 1_700_000_000;
function write(name: string, text: string): void {
  const file = path.join(dir, 'functions', name);
  writeFileSync(file, text);
  seconds += 1;
  utimesSync(file, seconds, seconds);
}

async function bundle(keys = ['a']) {
  const { a } = await cachedBundle(path.join(dir, 'cache'))({
    keys,
    functionsRoot: path.join(dir, 'functions'),
    outdir: path.join(dir, 'unused'),
  });
  if (a === undefined) throw new Error('nothing was bundled');
  return { ...a, code: readFileSync(path.join(a.dir, 'index.mjs'), 'utf8') };
}

it('bundles once, and gives what it has after that', async () => {
  const first = await bundle();
  expect(first.code).toContain('"one"');
  expect(await bundle()).toEqual(first);
});

it('bundles anew when anything that went in was written, and leaves what runs on the old one its files', async () => {
  const first = await bundle();
  write('shared.ts', 'export const word: string = "two";');
  const second = await bundle();
  expect(second.code).toContain('"two"');
  expect(second.dir).not.toBe(first.dir);
  expect(readFileSync(path.join(first.dir, 'index.mjs'), 'utf8')).toBe(first.code);
});

it('bundles anew when something that went in is gone', async () => {
  await bundle();
  rmSync(path.join(dir, 'functions/shared.ts'));
  await expect(bundle()).rejects.toThrow();
  write('a.ts', 'export const handler = () => "alone";');
  expect((await bundle()).code).toContain('"alone"');
});

it('bundles what was asked for, and not what was asked for before', async () => {
  write('b.ts', 'export const handler = () => "b";');
  expect((await bundle(['a', 'b'])).dir).not.toBe((await bundle()).dir);
});

it('gives two that begin and end at the same moment what they asked for', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  const [one, two] = await Promise.all([bundle(), bundle()]);
  expect(one?.code).toBe(two?.code);
});

it('takes no build for finished that was cut short', async () => {
  const first = await bundle();
  rmSync(path.join(first.dir, '../manifest.json'));
  expect((await bundle()).dir).not.toBe(first.dir);
});
