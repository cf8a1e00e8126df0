/**
 * Builds the package: each entry as one minified ES module without imports, its types beside it. Run by `npm pack`;
 * the one-machine cloud and the tests build with the same function.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

export const entries = ['bridge', 'bridge-host', 'uploader', 'links'] as const;

/** Bundles the entries into `outdir`. Rejects when one imports anything from outside this package. */
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
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map((found) => found.path));
  if (imports.length > 0) throw new Error(`The client has no dependencies, and imports ${imports.join(', ')}`);
}

/** Writes the type declarations of all modules into `outdir`. Throws with the compiler's output on a type error. */
export function declareClient(outdir: string): void {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rewriteRelativeImportExtensions'];
  const project = path.join(root, 'tsconfig.build.json');
  execFileSync(process.execPath, [tsc, '-p', project, ...flags, '--outDir', outdir], { encoding: 'utf8' });
}

if (import.meta.main) {
  const outdir = path.join(root, 'dist');
  await bundleClient(outdir);
  declareClient(outdir);
}
