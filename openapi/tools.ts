/** Other people's tools that the document is held to. They bring a TypeScript of their own: ours has no API to generate with. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Scripts for Node, by what they are for. */
export const tools = {
  lint: join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin/cli.js'),
  types: join(dirname(createRequire(import.meta.url).resolve('openapi-typescript/package.json')), 'bin/cli.js'),
  sdk: join(dirname(createRequire(import.meta.url).resolve('@hey-api/openapi-ts/package.json')), 'bin/run.js'),
  compile: join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc'),
};
