import { type ChildProcess, execFile, type ForkOptions, fork } from 'node:child_process';
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

/** A side that is asked for one round after the other. */
export interface Standing {
  /** Of `bench/sides`; it serves its rounds with {@link serveRounds}. */
  program: string;
  args: unknown;
  env?: Record<string, string>;
}

/**
 * What sides say of their rounds, in the same order. They stand beside each other, each in a process of its own, and take
 * turns round by round: what else the machine does comes and goes in seconds, and so is the same for all sides of a round.
 * The rounds before, in which code is compiled, are left out.
 */
export async function takeTurns<N extends string, T>(
  sides: Record<N, Standing>,
  { rounds, before }: { rounds: number; before: number },
): Promise<Record<N, T[]>> {
  const standing = Object.entries<Standing>(sides).map(([name, { program, args, env = {} }]) => {
    const options: ForkOptions = {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    };
    return { name: name as N, child: fork(join(root, 'bench/sides', program), [JSON.stringify(args)], options) };
  });
  const said = Object.fromEntries(standing.map(({ name }) => [name, []])) as unknown as Record<N, T[]>;
  try {
    for (let round = -before; round < rounds; round += 1) {
      for (const { name, child } of standing) {
        const answer = await oneRound<T>(child);
        if (round >= 0) said[name].push(answer);
      }
    }
    return said;
  } finally {
    for (const { child } of standing) child.kill();
  }
}

function oneRound<T>(child: ChildProcess): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const ended = (code: number | null) => reject(new Error(`A side ended with ${code} before it answered`));
  child.once('exit', ended);
  child.once('message', (answer) => {
    child.off('exit', ended);
    resolve(answer as T);
  });
  child.send('round');
  return promise;
}

/** In a side: does a round each time it is asked for one. */
export function serveRounds(round: () => Promise<unknown>): void {
  process.on('message', async () => process.send?.(await round()));
}

/** What one side takes of another, the median of the rounds that they had next to each other. */
export const ratio = (side: number[], floor: number[]): number =>
  median(side.map((value, round) => value / (floor[round] ?? Number.NaN)));

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
