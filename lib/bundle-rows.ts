/**
 * Gives each function its own rows of the route table instead of the whole table, which would lie in every bundle. A row
 * counts as a function's own when a source of it names it, or is its file; the code that looks rows up stays as it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { SourceChange } from './bundle-sources.ts';
import { routeTable } from './routes.ts';

const namespace = 'rows';
const table = 'routes.ts';
const rows = Object.entries(routeTable.endpoints);

/**
 * Each source with the rows it names before it; the table itself without any.
 * @param functionsRoot where the functions are; without a `routes.ts` beside them there is nothing to do
 */
export function rowsOf(functionsRoot: string): SourceChange {
  if (!existsSync(join(functionsRoot, table))) return ({ source }) => source;
  return ({ name, source }) => {
    if (name === table) return emptied(source);
    const named = rows.filter(([key]) => name === `${key}.ts` || source.includes(`'${key}'`)).map(([key]) => key);
    return named.length === 0 ? source : `import '${namespace}:${named.join()}';${source}`;
  };
}

/** Gives what {@link rowsOf} asks for. */
export function givenRows(functionsRoot: string): Plugin {
  return {
    name: 'given-rows',
    setup(esbuild) {
      esbuild.onResolve({ filter: new RegExp(`^${namespace}:`) }, ({ path }) => ({
        path: path.slice(namespace.length + 1),
        namespace,
      }));
      esbuild.onLoad({ filter: /./, namespace }, ({ path }) => {
        const keys = path.split(',');
        const own = Object.fromEntries(rows.filter(([key]) => keys.includes(key)));
        const contents = `import{endpoints}from'./${table}';Object.assign(endpoints,${JSON.stringify(own)})`;
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
