/**
 * Gives each function its own rows of the route table instead of the whole table, which would lie in every bundle. A row
 * counts as a function's own when a source of it names it, or is its file; the code that looks rows up stays as it is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { routeTable } from './routes.ts';

const namespace = 'rows';

/** @param functionsRoot where the functions are; without a `routes.ts` beside them there is nothing to do */
export function ownRows(functionsRoot: string): Plugin {
  const table = join(functionsRoot, 'routes.ts');
  const rows = Object.entries(routeTable.endpoints);
  return {
    name: 'own-rows',
    setup(esbuild) {
      if (!existsSync(table)) return;
      esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path === table) return { contents: emptied(readFileSync(path, 'utf8')), loader: 'ts' };
        const name = relative(functionsRoot, path).replaceAll('\\', '/');
        if (name.startsWith('..')) return;
        const source = readFileSync(path, 'utf8');
        const named = rows.filter(([key]) => name === `${key}.ts` || source.includes(`'${key}'`)).map(([key]) => key);
        if (named.length === 0) return;
        return { contents: `import '${namespace}:${named.join()}';${source}`, loader: 'ts' };
      });
      esbuild.onResolve({ filter: new RegExp(`^${namespace}:`) }, ({ path }) => ({
        path: path.slice(namespace.length + 1),
        namespace,
      }));
      esbuild.onLoad({ filter: /./, namespace }, ({ path }) => {
        const keys = path.split(',');
        const own = Object.fromEntries(rows.filter(([key]) => keys.includes(key)));
        const contents = `import{endpoints}from'./routes.ts';Object.assign(endpoints,${JSON.stringify(own)})`;
        return { contents, resolveDir: functionsRoot };
      });
    },
  };
}

/** The table's module with no row of an endpoint in it; whatever else it exports is left. */
function emptied(source: string): string {
  const start = source.indexOf('export const endpoints = {');
  const end = source.indexOf('\n} as const', start);
  if (start < 0 || end < 0) throw new Error('functions/routes.ts has no `export const endpoints = { … } as const`');
  return `${source.slice(0, start)}export const endpoints = {${source.slice(end)}`;
}
