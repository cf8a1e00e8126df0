/**
 * Which blocks the papers may have, by what stands behind their fence, and the suite that runs each. A block that is of no
 * suite fails `snippets.test.ts`: nothing is shown that nobody tried.
 */
import { inBrowser, inNode, type PageProgram } from './programs.ts';

export interface Kind {
  page: string;
  fence: string;
  suite: string;
}

const shell = (page: string): Kind => ({ page, fence: 'sh run', suite: 'test/docs/runnable.test.ts' });
const shape = (fence: string): Kind => ({
  ...{ page: 'docs/integrating/platform.md', fence },
  suite: 'test/docs/shapes.test.ts',
});
const recipe = (fence: string): Kind => ({ page: 'docs/clients.md', fence, suite: 'test/docs/clients.test.ts' });
const kindsOf = (programs: Record<string, PageProgram>, suite: string): Kind[] =>
  Object.values(programs).map(({ page, fence }) => ({ page, fence, suite }));

/** Papers all of whose blocks are run. */
export const pages = [
  'docs/integrating.md',
  'docs/integrating/extension-authors.md',
  'docs/integrating/mobile.md',
  'docs/integrating/platform.md',
  'docs/clients.md',
];

/** Every kind of block that is run. */
export const kinds: Kind[] = [
  ...['README.md', ...pages].map(shell),
  ...['json token', 'json reference', 'json pattern'].map(shape),
  ...['js run', 'csharp', 'http'].map(recipe),
  ...kindsOf(inNode, 'test/docs/programs.test.ts'),
  ...kindsOf(inBrowser, 'test/browser/integrating.test.ts'),
];
