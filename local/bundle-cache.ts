/**
 * Functions bundled once and kept in `.cache/bundles`: bundling takes most of a start, and nothing of it depends on the
 * cloud that starts. Kept by what was asked for, and used while every file that went in is the same by size and time.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { stop as stopEsbuild } from 'esbuild';
import { type Bundle, bundleFunctions, type FunctionBundle } from '../lib/bundle.ts';

const root = path.resolve(import.meta.dirname, '..');

/** What decides beside the sources: how they are bundled, and which packages are installed. */
const settings = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'lib/bundle.ts',
  'lib/bundle-plugins.ts',
  'lib/bundle-rows.ts',
  'lib/lambda-credentials.ts',
  'lib/no-event-streams.ts',
].map((file) => path.join(root, file));

/** A bundle that nobody asked for this long is removed, milliseconds: a running cloud starts functions from it. */
const keptMs = 7 * 86_400_000;

const manifestName = 'manifest.json';

/** Builds under way in this process. */
let atWork = 0;

interface Manifest {
  /** Size and modification time, by absolute path. */
  files: Record<string, string>;
  bundles: Record<string, FunctionBundle>;
}

/** `bundleFunctions` that builds only what it has not built before. Its folders are shared and must not be written to. */
export function cachedBundle(cacheDir = path.join(root, '.cache/bundles')): Bundle {
  return async ({ keys, functionsRoot }) => {
    const wanted = JSON.stringify({ keys, functionsRoot, versions: process.versions.node });
    const own = path.join(cacheDir, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
    const found = newestOf(own);
    if (found !== undefined) return found;
    mkdirSync(own, { recursive: true });
    // Built aside and never over another: who starts at the same moment, or runs on what was built before, keeps theirs.
    const building = mkdtempSync(path.join(own, 'building-'));
    atWork += 1;
    try {
      let read: string[] = [];
      const onRead = (files: string[]) => {
        read = files.map((file) => path.resolve(file)).filter((file) => existsSync(file));
      };
      const bundles = await bundleFunctions({ keys, functionsRoot, outdir: building, onRead });
      // In the order of time, and of its own also beside one that is finished in the same millisecond.
      const finished = path.join(own, path.basename(building).replace('building', `built-${Date.now()}`));
      const moved = Object.entries(bundles).map(
        ([key, bundle]) => [key, { ...bundle, dir: path.join(finished, key) }] as const,
      );
      const manifest: Manifest = { files: factsOf([...read, ...settings]), bundles: Object.fromEntries(moved) };
      writeFileSync(path.join(building, manifestName), JSON.stringify(manifest));
      renameSync(building, finished);
      prune(cacheDir);
      return manifest.bundles;
    } finally {
      rmSync(building, { recursive: true, force: true });
      atWork -= 1;
      // Its service process would stay with 300 MB for nothing.
      if (atWork === 0) await stopEsbuild();
    }
  };
}

/** The newest build that is still what bundling would give. */
function newestOf(own: string): Record<string, FunctionBundle> | undefined {
  for (const dir of builtIn(own).toReversed()) {
    try {
      const { files, bundles } = JSON.parse(readFileSync(path.join(dir, manifestName), 'utf8')) as Manifest;
      const now = factsOf(Object.keys(files));
      if (!Object.entries(files).every(([file, facts]) => now[file] === facts)) continue;
      utimesSync(dir, new Date(), new Date());
      return bundles;
    } catch {
      // Cut short, or something that went in is gone: not this one.
    }
  }
  return undefined;
}

function builtIn(own: string): string[] {
  try {
    return readdirSync(own)
      .filter((name) => name.startsWith('built-'))
      .sort()
      .map((name) => path.join(own, name));
  } catch {
    return [];
  }
}

function factsOf(files: string[]): Record<string, string> {
  return Object.fromEntries(
    [...new Set(files)].map((file) => {
      const { size, mtimeMs } = statSync(file);
      return [file, `${size} ${mtimeMs}`];
    }),
  );
}

function prune(cacheDir: string): void {
  for (const own of readdirSync(cacheDir).map((name) => path.join(cacheDir, name))) {
    for (const dir of builtIn(own)) {
      if (Date.now() - statSync(dir).mtimeMs > keptMs) rmSync(dir, { recursive: true, force: true });
    }
  }
}
