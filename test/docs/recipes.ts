/** The recipes of docs/clients.md, as programs that a test can run: each block with what the page says is around it. */
import path from 'node:path';
import { build } from 'esbuild';
import { entries } from '../../client/build.ts';
import { read, root } from './pages.ts';

const page = 'docs/clients.md';

/** The client's entries as a bundler finds them, by what they are built of. */
export const clientSources = Object.fromEntries(
  entries.map((entry) => [`@stowage/client/${entry}`, path.join(root, `client/src/${entry}.ts`)]),
);

/** What a block takes from around it. */
export interface Around {
  api: string;
  app: string;
  token: string;
}

/** The blocks below a heading with this fence, in their order. Throws when there are none. */
export function recipesOf(heading: string, fence = 'js run'): string[] {
  const section =
    read(page)
      .split(/^## /m)
      .find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].filter(([, found]) => found === fence);
  if (blocks.length === 0) throw new Error(`${page} has no block of "${fence}" below "${heading}"`);
  return blocks.map(([, , code = '']) => code);
}

/**
 * A block with its libraries, as one module that takes its surroundings from `globalThis.around` and leaves the variables
 * of `leaves` on `globalThis`.
 */
export async function bundle(block: string, platform: 'node' | 'browser', leaves: string[] = []): Promise<string> {
  const names = leaves.length > 0 ? `Object.assign(globalThis, { ${leaves.join(', ')} });` : '';
  const contents = `const { api, app, token } = globalThis.around;\n${block}\n${names}`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    platform,
    format: 'esm',
    target: 'es2022',
    // As published, but for the build that a release makes.
    alias: clientSources,
    logLevel: 'silent',
    // Some of axios's own libraries are CommonJS and ask for Node's.
    ...(platform === 'node' && { banner: { js: requireInModules } }),
  });
  return outputFiles[0]?.text ?? '';
}

const requireInModules = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(`${root}/`)});`;
