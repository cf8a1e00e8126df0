/**
 * Turns every row of the route table into one self-contained file, `<outdir>/<key>/index.mjs`, in a single esbuild run,
 * so that sixty functions parse their shared modules once and synth stays quick. No chunks are shared: a function's
 * asset changes only when its own code does.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { builtins, serializerOnly, versionOnly } from './bundle-plugins.ts';
import { givenRows } from './bundle-rows.ts';
import { functionSources } from './bundle-sources.ts';
import { readableByAll } from './readable.ts';

/** What esbuild says went into one function. */
export interface FunctionBundle {
  /** Folder that is the function's code asset; the handler is `index.handler`. */
  dir: string;
  /** Size of the one file in it. */
  bytes: number;
  /** Source files that contribute to it, relative to the working folder. */
  inputs: string[];
  /** Modules left to the runtime or a layer, with the kind of the import. */
  externals: { path: string; kind: string }[];
}

/** A row whose file is missing. */
export class MissingEndpointError extends Error {
  override readonly name = 'MissingEndpointError';
}

/** Bundled dependencies that are CommonJS call `require`, which an ES module does not have. */
const requireBanner = "import{createRequire as $cr}from'node:module';const require=$cr(import.meta.url);";

const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** See {@link bundleFunctions}. */
export type Bundle = typeof bundleFunctions;

/**
 * Bundles the functions.
 * @param keys of the route table; the file is `<functionsRoot>/<key>.ts`
 * @param outdir emptied first
 * @throws MissingEndpointError naming every row without a file; esbuild's own error when code does not compile
 */
export async function bundleFunctions({
  keys,
  functionsRoot,
  outdir,
  mapsDir,
  onRead,
}: {
  keys: readonly string[];
  functionsRoot: string;
  outdir: string;
  /**
   * Where the source maps go, emptied first: beside the bundles and never in them, since a function would load them. None
   * are made when left out.
   */
  mapsDir?: string;
  /** Told every file that was read, relative to the working folder: more than went into the bundles. */
  onRead?: (files: string[]) => void;
}): Promise<Record<string, FunctionBundle>> {
  const missing = keys.filter((key) => !existsSync(join(functionsRoot, `${key}.ts`)));
  if (missing.length > 0) {
    const rows = missing.map((key) => `  '${key}' wants ${join(functionsRoot, `${key}.ts`)}`).join('\n');
    throw new MissingEndpointError(
      `Rows of functions/routes.ts without a file (write it, or remove the row):\n${rows}`,
    );
  }
  rmSync(outdir, { recursive: true, force: true });
  if (keys.length === 0) return {};
  const { metafile } = await build({
    entryPoints: keys.map((key) => ({ in: join(functionsRoot, `${key}.ts`), out: `${key}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The ES builds of the SDK tree-shake; esbuild's default for node prefers their CommonJS builds.
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: false,
    legalComments: 'none',
    external: ['sharp'],
    alias: {
      '@aws-sdk/credential-provider-node': beside('lambda-credentials.ts'),
      '@smithy/core/event-streams': beside('no-event-streams.ts'),
    },
    plugins: [versionOnly, builtins, serializerOnly, functionSources(functionsRoot), givenRows(functionsRoot)],
    banner: { js: requireBanner },
    // Names no map in the bundle, which is the same with and without one. The sources are those of the commit.
    ...(mapsDir !== undefined && { sourcemap: 'external', sourcesContent: false }),
    metafile: true,
    logLevel: 'silent',
  });
  if (mapsDir !== undefined) moveMaps(keys, outdir, mapsDir);
  readableByAll(outdir);
  onRead?.(Object.keys(metafile.inputs));
  return Object.fromEntries(keys.map((key) => [key, describe(metafile, join(outdir, key))]));
}

/** Takes the maps out of the folders that are deployed; their sources stay where they are, as seen from the new place. */
function moveMaps(keys: readonly string[], outdir: string, mapsDir: string): void {
  rmSync(mapsDir, { recursive: true, force: true });
  for (const key of keys) {
    const [from, to] = [join(outdir, key, 'index.mjs.map'), join(mapsDir, key, 'index.mjs.map')];
    const map = JSON.parse(readFileSync(from, 'utf8')) as { sources: string[] };
    const sources = map.sources.map((source) => relative(dirname(to), join(dirname(from), source)));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, JSON.stringify({ ...map, sources }));
    rmSync(from);
  }
}

function describe(metafile: Metafile, dir: string): FunctionBundle {
  const file = relative(process.cwd(), resolve(dir, 'index.mjs'));
  const output = metafile.outputs[file];
  if (!output) throw new Error(`esbuild reported no output ${file}`);
  return {
    dir,
    bytes: output.bytes,
    inputs: Object.entries(output.inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
    externals: output.imports
      .filter(({ external, path }) => external && !isBuiltin(path))
      .map(({ path, kind }) => ({ path, kind })),
  };
}
