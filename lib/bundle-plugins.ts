/** What the bundler is told of our dependencies, so that a function loads no more of them than it uses. */
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** Every client reads its own version out of its whole `package.json`, of which the rest is dead weight. */
export const versionOnly: Plugin = {
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

export const builtins: Plugin = {
  name: 'builtins',
  setup(esbuild) {
    const namespace = 'builtin';
    esbuild.onResolve({ filter: new RegExp(`^(node:)?(${[...byName, ...late].join('|')})$`) }, ({ path }) => ({
      path: path.replace('node:', ''),
      namespace,
      sideEffects: false,
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

/**
 * Powertools' metrics without what only its own printing needs, which is not used: the console it opens costs 4 ms of a
 * start, more than all of its serializer. What is cut must be there, so that a new version cannot bring it back unseen.
 */
export const serializerOnly: Plugin = {
  name: 'serializer-only',
  setup(esbuild) {
    const ownConsole = /this\.console = new Console\(\{\s*stdout: process\.stdout,\s*stderr: process\.stderr,\s*\}\);/;
    esbuild.onLoad(
      { filter: /[\\/]@aws-lambda-powertools[\\/]metrics[\\/]lib[\\/]esm[\\/]Metrics\.js$/ },
      ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!ownConsole.test(source))
          throw new Error(`${path} does not open its console as it did: see serializerOnly`);
        const contents = source.replace(ownConsole, '').replace("import { Console } from 'node:console';", '');
        return { contents, loader: 'js' };
      },
    );
  },
};
