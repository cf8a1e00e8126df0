/** What a person, or with `--json` a program, gets to see. Answers go to stdout, words about them to stderr. */
import type { Command } from 'commander';

/** Shows an answer: as JSON where that is asked for, otherwise as `text` puts it. */
export function show<T>(command: Command, answer: T, text: (answer: T) => string): void {
  process.stdout.write(`${isJson(command) ? json(answer, 2) : plainLines(text(answer))}\n`);
}

/** A word about what was done, for people only. */
export function note(command: Command, text: string): void {
  if (!isJson(command)) process.stderr.write(`${plainLines(text)}\n`);
}

export const isJson = (command: Command): boolean => command.optsWithGlobals().json === true;

/** Rows below their headings, in columns. What was typed elsewhere cannot steer the terminal. */
export function table(headings: string[], rows: (string | number | null)[][]): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => plain(String(cell ?? ''))));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Without control characters. */
export const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?');

/** Likewise, apart from line breaks: for text that has its own. */
export const plainLines = (text: string): string => text.split('\n').map(plain).join('\n');

/** As JSON with all control characters written out: it leaves those from U+007F on as they are, and terminals obey them. */
export const json = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(/[\u007f-\u009f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes for people; a kB is 1024 of them, as in docs/contract.md. */
export function size(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1).replace(/\.0$/, '')} ${units[power]}`;
}

/** A share as a bar of twenty characters, with its number. */
export function bar(part: number, whole: number): string {
  const share = whole === 0 ? Number(part > 0) : Math.min(1, part / whole);
  const full = Math.round(share * 20);
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}] ${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;
}
