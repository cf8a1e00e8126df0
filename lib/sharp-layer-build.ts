/**
 * Builds the sharp layer without Docker: sharp ships prebuilt binaries as optional packages, and npm installs those of
 * another platform when told which. Source: sharp.pixelplumbing.com/install, "Cross-platform". The result is kept in
 * `.cache/layers` by the hash of what was asked for, so only the first synth of a version needs the registry.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readableByAll } from './readable.ts';

/** The layer could not be built; the message says what to do. */
export class LayerBuildError extends Error {
  override readonly name = 'LayerBuildError';
}

const manifest = ['package.json', 'package-lock.json'] as const;

/**
 * The folder of the built layer, built now when the cache has none.
 * @param source folder with the pinned `package.json` and its lock file
 * @param cache folder to keep builds in
 * @param npm the command to run, for tests
 * @param cpu another machine's than Lambda's, for tests that load the layer where they run
 * @throws LayerBuildError when npm fails, with npm's own words and the way out
 */
export function buildSharpLayer(source: string, cache: string, npm = 'npm', cpu: 'arm64' | 'x64' = 'arm64'): string {
  const hash = createHash('sha256');
  for (const file of manifest) hash.update(readFileSync(join(source, file)));
  const dir = join(cache, `sharp-${cpu === 'arm64' ? '' : `${cpu}-`}${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(dir)) return dir;

  mkdirSync(cache, { recursive: true });
  // Built aside and renamed: a build that was cut short is never taken for a finished one.
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    const nodejs = join(building, 'nodejs');
    mkdirSync(nodejs);
    for (const file of manifest) copyFileSync(join(source, file), join(nodejs, file));
    const platform = ['--os=linux', `--cpu=${cpu}`, '--libc=glibc'];
    const args = ['ci', ...platform, '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const run = spawnSync(npm, args, { cwd: nodejs, encoding: 'utf8' });
    if (run.status !== 0) throw layerError(source, cpu, run.error?.message ?? `${run.stdout}${run.stderr}`);
    if (!existsSync(join(nodejs, `node_modules/@img/sharp-linux-${cpu}`))) {
      throw layerError(
        source,
        cpu,
        `npm left out @img/sharp-linux-${cpu}: is it in the lock file, and is npm 10.2 or newer?`,
      );
    }
    rmSync(join(nodejs, 'node_modules/.bin'), { recursive: true, force: true });
    readableByAll(building);
    keepFirst(building, dir);
    return dir;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

/** Two synths at once may build the same layer; the first to finish is kept, and both are the same. */
function keepFirst(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

function layerError(source: string, cpu: string, output: string): LayerBuildError {
  return new LayerBuildError(
    [
      `The sharp layer is not in the cache and could not be installed for linux-${cpu}:`,
      output.trim().replace(/^/gm, '  '),
      `Run the synth once with a reachable npm registry (or a warm npm cache); it keeps the layer in .cache/layers.`,
      `Where the registry is never reachable, copy .cache/layers from a machine where it is. Pinned in ${source}.`,
    ].join('\n'),
  );
}
