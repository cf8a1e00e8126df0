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

/** The shell blocks of a page that say they run (a fence of `sh run`), in their order. */
export function runnableBlocks(page: string): string[] {
  return [...read(page).matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/** A source file's comments as running text: no stars, no line ends, so that nothing hides behind a line's end. */
export function commentsOf(source: string): string {
  const blocks = source.match(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm) ?? [];
  return blocks
    .join('\n')
    .replace(/^[ \t]*(\/\*\*?|\*\/?|\/\/)/gm, ' ')
    .replace(/\s+/g, ' ');
}
