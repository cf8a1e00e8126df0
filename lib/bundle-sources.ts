/** How sources of functions are changed on their way into a bundle, so that each carries what is its own and no more. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { rowsOf } from './bundle-rows.ts';

/** Gives a source as it goes into bundles; `name` is its path below `functions`, with slashes. */
export type SourceChange = (given: { name: string; source: string }) => string;

/** @param functionsRoot where the functions are */
export function functionSources(functionsRoot: string): Plugin {
  const changes = [pureSchemas, withoutAnswer, rowsOf(functionsRoot)];
  return {
    name: 'function-sources',
    setup(esbuild) {
      esbuild.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path }) => {
        const name = relative(functionsRoot, path).replaceAll('\\', '/');
        if (name.startsWith('..')) return;
        const contents = changes.reduce((source, change) => change({ name, source }), readFileSync(path, 'utf8'));
        return { contents, loader: 'ts' };
      });
    },
  };
}

/**
 * Marks the making of schemas as without effect, so that a function has those of its own contract and no others: each is
 * built at every cold start, 50 to 100 microseconds a piece. zod says so of its functions itself, but esbuild hears that
 * only inside the file that says it.
 */
const pureSchemas: SourceChange = ({ name, source }) =>
  name.startsWith('contracts/')
    ? source.replaceAll(
        /(?<![\w.])(z(?!\.config\b)(\.\w+)+|checked|atMost|cursorOf|areUnique)\(/g,
        '/* @__PURE__ */ $&',
      )
    : source;

/**
 * An endpoint without the schema of its answer: the API document is made of it, tests hold answers to that document, and no
 * running function looks at it. What is left out ends at the comma that ends the property.
 */
const withoutAnswer: SourceChange = ({ source }) => {
  const start = source.search(/^ {2}answer: /m);
  if (start < 0 || !source.slice(0, start).includes('export const contract = {')) return source;
  let depth = 0;
  for (let end = start; end < source.length; end += 1) {
    const letter = source.charAt(end);
    if ('([{'.includes(letter)) depth += 1;
    if (')]}'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0) return source.slice(0, start) + source.slice(end + 1);
  }
  throw new Error('A contract has an answer that does not end with a comma');
};
