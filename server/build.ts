/** Builds the package as the client's is built. Run by `npm pack`; the tests build with the same functions. */
import path from 'node:path';
import { bundlePackage, declarePackage } from '../client/build.ts';

const root = import.meta.dirname;

/** Bundles the package into `outdir`, for Node 20 and workers. */
export const bundleServer = (outdir: string) => bundlePackage({ root, entries: ['index'], target: 'es2022' }, outdir);

/** Writes its type declarations into `outdir`. */
export const declareServer = (outdir: string) => declarePackage(root, outdir);

if (import.meta.main) {
  const outdir = path.join(root, 'dist');
  await bundleServer(outdir);
  declareServer(outdir);
}
