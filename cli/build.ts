/** Builds the command, which brings all it needs along; only the argument parser stays a dependency. */
import path from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;

/** Bundles the command into `outdir`, and tells what it imports that is not in there. */
export async function bundleCli(outdir: string): Promise<string[]> {
  const { metafile } = await build({
    metafile: true,
    entryPoints: [path.join(root, 'src/stowage.ts')],
    outdir,
    bundle: true,
    // The SDKs that doctor needs are read by doctor alone.
    splitting: true,
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    minify: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    external: ['commander'],
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return [...new Set(imports.filter(({ external }) => external).map(({ path: name }) => name))];
}

if (import.meta.main) await bundleCli(path.join(root, 'dist'));
