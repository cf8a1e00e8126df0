/**
 * Builds a package: each entry as one minified ES module, its types beside it. Run by `npm pack`; the
 * one-machine cloud and the tests build with the same functions, and so does the package for backends.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

export const entries = ['bridge', 'bridge-host', 'uploader', 'parts', 'links', 'react', 'uppy', 'element'] as const;

/** What an entry imports of others: the page's own React, of which there may be but one. */
const imported: Record<string, string[]> = { react: ['react'] };

/** A package: its folder, what it is imported by, and the language of what it is for. */
interface Package {
  root: string;
  entries: readonly string[];
  target: string;
}

/** Bundles a package's entries into `outdir`. Rejects when one imports what it may not from outside the package. */
export async function bundlePackage({ root, entries, target }: Package, outdir: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: entries.map((entry) => path.join(root, 'src', `${entry}.ts`)),
    outdir,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target,
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    logLevel: 'silent',
  });
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    const allowed = imported[path.basename(file, '.js')] ?? [];
    const strange = imports.map((found) => found.path).filter((found) => !allowed.includes(found));
    if (strange.length > 0) throw new Error(`${root} has no dependencies, and ${file} imports ${strange.join(', ')}`);
  }
}

/**
 * Writes the type declarations of a package's modules into `outdir`. They name each other by `.js`, which every TypeScript
 * resolves; the compiler leaves the `.ts` of the source in place, which is an error without `allowImportingTsExtensions`.
 * Throws with the compiler's output on a type error.
 */
export function declarePackage(root: string, outdir: string): void {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly'];
  const project = path.join(root, 'tsconfig.build.json');
  execFileSync(process.execPath, [tsc, '-p', project, ...flags, '--outDir', outdir], { encoding: 'utf8' });
  for (const name of readdirSync(outdir).filter((file) => file.endsWith('.d.ts'))) {
    const file = path.join(outdir, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/((?:from|import\() ?'\.\/[\w-]+)\.ts'/g, "$1.js'"));
  }
}

/** Bundles the client's entries into `outdir`. */
export const bundleClient = (outdir: string) => bundlePackage({ root, entries, target: 'es2024' }, outdir);

/** Writes the client's type declarations into `outdir`. */
export const declareClient = (outdir: string) => declarePackage(root, outdir);

if (import.meta.main) {
  const outdir = path.join(root, 'dist');
  await bundleClient(outdir);
  declareClient(outdir);
}
