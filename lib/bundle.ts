/**
 * Turns every row of the route table into one self-contained file, `<outdir>/<key>/index.mjs`, in a single esbuild run,
 * so that sixty functions parse their shared modules once and synth stays quick. No chunks are shared: a function's
 * asset changes only when its own code does.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

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

/** Every client reads its own version out of its whole `package.json`, of which the rest is dead weight. */
const versionOnly: Plugin = {
  name: 'version-only',
  setup(esbuild) {
    esbuild.onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * An ES module's `import` of a built-in module reads all its exports, and among those of `http` are getters that load the
 * whole of undici, for `WebSocket`: a fifth of the time until a function has started. Asked for by name it is not read.
 */
const byName = ['http', 'https'];

/** Named by parts of the SDK that no client of ours uses; loaded, each export by itself, should that change. */
const late = ['http2', 'zlib', 'worker_threads', 'fs/promises', 'child_process'];

const builtins: Plugin = {
  name: 'builtins',
  setup(esbuild) {
    const namespace = 'builtin';
    esbuild.onResolve({ filter: new RegExp(`^(node:)?(${[...byName, ...late].join('|')})$`) }, ({ path }) => ({
      path: path.replace('node:', ''),
      namespace,
    }));
    esbuild.onLoad({ filter: /./, namespace }, ({ path }) => {
      const module = `process.getBuiltinModule('${path}')`;
      if (byName.includes(path)) return { contents: `module.exports=${module}` };
      const names = Object.keys(process.getBuiltinModule(path) ?? {});
      const getters = names.map((name) => `get ${name}(){return load().${name}}`);
      return { contents: `const load=()=>${module};module.exports={${getters}}` };
    });
  },
};

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
  onRead,
}: {
  keys: readonly string[];
  functionsRoot: string;
  outdir: string;
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
    plugins: [versionOnly, builtins],
    banner: { js: requireBanner },
    metafile: true,
    logLevel: 'silent',
  });
  onRead?.(Object.keys(metafile.inputs));
  return Object.fromEntries(keys.map((key) => [key, describe(metafile, join(outdir, key))]));
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
