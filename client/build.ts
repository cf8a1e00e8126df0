/**
 * Builds the package: each entry as one minified ES module, its types beside it. Run by `npm pack`;
 * the one-machine cloud and the tests build with the same function.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

export const entries = ['bridge', 'bridge-host', 'uploader', 'links', 'react', 'uppy', 'element'] as const;

/** What an entry imports of others: the page's own React, of which there may be but one. */
const imported: Record<string, string[]> = { react: ['react'] };

/** Bundles the entries into `outdir`. Rejects when one imports what it may not from outside this package. */
export async function bundleClient(outdir: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: entries.map((entry) => path.join(root, 'src', `${entry}.ts`)),
    outdir,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: 'esm',
    target: 'es2024',
    platform: 'neutral',
    packages: 'external',
    metafile: true,
    logLevel: 'silent',
  });
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    const allowed = imported[path.basename(file, '.js')] ?? [];
    const strange = imports.map((found) => found.path).filter((found) => !allowed.includes(found));
    if (strange.length > 0)
      throw new Error(`The client has no dependencies, and ${file} imports ${strange.join(', ')}`);
  }
}

/**
 * Writes the type declarations of all modules into `outdir`. They name each other by `.js`, which every TypeScript resolves;
 * the compiler leaves the `.ts` of the source in place, which is an error without `allowImportingTsExtensions`. Throws with
 * the compiler's output on a type error.
 */
export function declareClient(outdir: string): void {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly'];
  const project = path.join(root, 'tsconfig.build.json');
  execFileSync(process.execPath, [tsc, '-p', project, ...flags, '--outDir', outdir], { encoding: 'utf8' });
  for (const name of readdirSync(outdir).filter((file) => file.endsWith('.d.ts'))) {
    const file = path.join(outdir, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/((?:from|import\() ?'\.\/[\w-]+)\.ts'/g, "$1.js'"));
  }
}

if (import.meta.main) {
  const outdir = path.join(root, 'dist');
  await bundleClient(outdir);
  declareClient(outdir);
}
