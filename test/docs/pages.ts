import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const read = (file: string) => readFileSync(join(root, file), 'utf8');

const ignored = ['node_modules', 'cdk.out', 'dist', 'coverage'];

/** All files of the repository by their path from its root, without what is made or installed. */
export function filesOf(pattern: RegExp, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name.startsWith('.') || ignored.includes(entry.name) ? [] : filesOf(pattern, path);
    return entry.isFile() && pattern.test(entry.name) ? [path] : [];
  });
}

/** The headings of a page, as they are read. */
export function headingsOf(page: string): string[] {
  return [...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
}

/** A page without its fenced blocks, in which a `#` begins a comment and no heading. */
export const withoutCode = (text: string) => text.replace(/^( *)```[\s\S]*?^\1```$/gm, '');

/** How GitHub names the anchor of a heading. */
export const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** A fenced block: what stands behind its fence, and what is in it. */
export interface Block {
  fence: string;
  code: string;
}

/** Every fenced block of a page, in their order. */
export const fencedBlocks = (page: string): Block[] =>
  [...read(page).matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, fence = '', code = '']) => ({ fence, code }));

/** The blocks of a page with this fence, in their order. Throws when there are none: what runs them would run nothing. */
export function blocksOf(page: string, fence: string): string[] {
  const blocks = fencedBlocks(page).flatMap((block) => (block.fence === fence ? [block.code] : []));
  if (blocks.length === 0) throw new Error(`${page} has no block of "${fence}"`);
  return blocks;
}

/** A source file's comments as running text: no stars, no line ends, so that nothing hides behind a line's end. */
export function commentsOf(source: string): string {
  const blocks = source.match(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm) ?? [];
  return blocks
    .join('\n')
    .replace(/^[ \t]*(\/\*\*?|\*\/?|\/\/)/gm, ' ')
    .replace(/\s+/g, ' ');
}
