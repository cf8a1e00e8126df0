/**
 * Builds a package: each entry as one minified ES module without imports, its types beside it. Run by `npm pack`; the
 * one-machine cloud and the tests build with the same functions, and so does the package for backends.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

export const entries = ['bridge', 'bridge-host', 'uploader', 'links'] as const;

/** A package: its folder, what it is imported by, and the language of what it is for. */
interface Package {
  root: string;
  entries: readonly string[];
  target: string;
}

/** Bundles a package's entries into `outdir`. Rejects when one imports anything from outside the package. */
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
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map((found) => found.path));
  if (imports.length > 0) throw new Error(`${root} has no dependencies, and imports ${imports.join(', ')}`);
}

/** Writes the type declarations of a package's modules into `outdir`. Throws with the compiler's output on a type error. */
export function declarePackage(root: string, outdir: string): void {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--rewriteRelativeImportExtensions'];
  const project = path.join(root, 'tsconfig.build.json');
  execFileSync(process.execPath, [tsc, '-p', project, ...flags, '--outDir', outdir], { encoding: 'utf8' });
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
