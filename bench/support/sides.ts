import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/**
 * What a program of `bench/sides` prints as JSON. Each side of a comparison runs in a process of its own, so that nobody
 * collects another's garbage or runs on what another's calls have compiled.
 */
export async function side<T>(program: string, args: unknown, env: Record<string, string> = {}): Promise<T> {
  const file = join(root, 'bench/sides', program);
  const { stdout } = await run(process.execPath, [file, JSON.stringify(args)], {
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  // A side may log before.
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as T;
}

/** In a side: what it was asked for. */
export const asked = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

export const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** CPU milliseconds of the whole process for some work, by the operating system: threads and collected garbage too. */
export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Prints a table, and keeps what it was made of in `.cache/bench/<name>.json`. */
export function report(name: string, rows: Record<string, Record<string, number>>): void {
  const dir = join(root, '.cache/bench');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, `${name}.json`), `${JSON.stringify({ node: process.version, rows }, undefined, 2)}\n`);
  const text = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1));
  const shown = Object.entries(rows).map(([row, values]) => [
    row,
    Object.fromEntries(Object.entries(values).map(([column, value]) => [column, text(value)])),
  ]);
  process.stdout.write(`\n${name}\n`);
  // biome-ignore lint/suspicious/noConsole: a bench prints its table.
  console.table(Object.fromEntries(shown));
}
