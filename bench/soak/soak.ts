/**
 * Soaks the one-machine cloud: load for most of each minute, rest for the remainder, for ten minutes or as many as asked. Prints
 * what its process and its functions hold in memory, and whether the last third holds more than the first.
 * Run: `npm run soak -- [minutes]`. Linux only: memory is read from /proc.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLoad } from './load.ts';
import { type Sample, sample } from './processes.ts';

const minutes = Number(process.argv[2] ?? 10);
const loadMs = 45_000;
const width = 4;

const dir = mkdtempSync(join(tmpdir(), 'stowage-soak-'));
const main = join(import.meta.dirname, '../../local/main.ts');
const cloud = spawn(process.execPath, [main], {
  env: { ...process.env, PORT: '0', STOWAGE_LOCAL_DIR: dir },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise<void>((resolve) => cloud.once('exit', () => resolve()));

try {
  for await (const line of createInterface({ input: cloud.stdout })) if (line.startsWith('ready ')) break;
  cloud.stdout.resume();
  const { round, tally } = await openLoad(dir);
  const peaks: Sample[] = [];
  const rests: Sample[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const begun = Date.now();
    while (Date.now() - begun < loadMs) await round(width);
    peaks.push(sample(cloud.pid ?? 0));
    await sleep(60_000 - loadMs);
    rests.push(sample(cloud.pid ?? 0));
    print(
      `minute ${minute}: ${tally.answers} answers, under load ${told(peaks.at(-1))}, at rest ${told(rests.at(-1))}`,
    );
  }
  const third = Math.max(1, Math.floor(minutes / 3));
  const ratio = mean(rests.slice(-third)) / mean(rests.slice(0, third));
  print(`${tally.answers} answers, refused ${JSON.stringify(tally.refused)}`);
  print(`memory of the process at rest, last third to first third: ${ratio.toFixed(2)}`);
} finally {
  cloud.kill('SIGTERM');
  await ended;
  rmSync(dir, { recursive: true, force: true });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function told(at: Sample | undefined): string {
  return `${at?.ownMb} MB and ${at?.instances} instances of ${at?.instancesMb} MB`;
}

function mean(samples: Sample[]): number {
  return samples.reduce((sum, { ownMb }) => sum + ownMb, 0) / samples.length;
}
