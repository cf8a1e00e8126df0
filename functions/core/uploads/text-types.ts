import { mediaTypeOf } from '#core/files/media-type.ts';
import type { DetectedType } from '#core/files/ports.ts';

/**
 * Texts that have a name of their own, and the extensions of each, the first of which its key gets. No bytes tell them
 * apart, so a claim may: all that it chooses between is harmless, and that is what admits a type here.
 *
 * A browser that opens one shows the text or saves it. None is markup, and none is ever taken for markup: of a declared
 * type only an unknown one is sniffed for HTML (https://mimesniff.spec.whatwg.org/#mime-type-sniffing-algorithm), so
 * this holds without `nosniff`, which R2 cannot store. What a page asks for on purpose is that page's affair: it could
 * load a style sheet or a script of these bytes from any host. HTML, XML and SVG are no rows and never will be.
 */
const rows: readonly (readonly [mimeType: string, ...exts: [string, ...string[]]])[] = [
  ['text/csv', 'csv'],
  ['text/tab-separated-values', 'tsv', 'tab'],
  ['text/markdown', 'md', 'markdown'],
  ['application/json', 'json', 'map'],
  ['application/geo+json', 'geojson'],
  ['application/ld+json', 'jsonld'],
  ['application/x-ndjson', 'ndjson', 'jsonl'],
  ['application/yaml', 'yaml', 'yml'],
  ['application/toml', 'toml'],
  ['text/vtt', 'vtt'],
  ['application/x-subrip', 'srt'],
  ['text/calendar', 'ics'],
  ['text/vcard', 'vcf'],
  ['text/css', 'css'],
  ['text/javascript', 'js', 'mjs', 'cjs'],
];

/** What clients and systems call these types besides. */
const aliases: Readonly<Record<string, string>> = {
  'application/csv': 'text/csv',
  'text/x-csv': 'text/csv',
  'text/comma-separated-values': 'text/csv',
  'text/tsv': 'text/tab-separated-values',
  'text/x-markdown': 'text/markdown',
  'text/json': 'application/json',
  'application/vnd.geo+json': 'application/geo+json',
  'text/yaml': 'application/yaml',
  'text/x-yaml': 'application/yaml',
  'application/x-yaml': 'application/yaml',
  'text/x-vcard': 'text/vcard',
  'application/javascript': 'text/javascript',
  'application/x-javascript': 'text/javascript',
};

/** A text that nothing else is known of. */
export const plainText: DetectedType = { mimeType: 'text/plain', ext: 'txt' };

/** Programs and what is handed to a program: saved, where all other texts are shown (see `servingOf`). */
export const savedTexts: readonly string[] = ['text/calendar', 'text/vcard', 'text/css', 'text/javascript'];

export function isNamedText(mimeType: string): boolean {
  return rows.some(([name]) => name === mimeType);
}

/**
 * What a text is, of which the bytes say no more than that it is one: the declared type where it is a row of ours, else
 * what its name ends with (most clients declare `text/plain`, nothing, or what Office taught the system), else
 * `text/plain`.
 */
export function textTypeOf(claim: { declaredType?: string | undefined; originalName: string }): DetectedType {
  const declared = mediaTypeOf(claim.declaredType ?? '');
  const byType = rows.find(([mimeType]) => mimeType === (aliases[declared] ?? declared));
  const ended = /\.([a-z]+)$/i.exec(claim.originalName)?.[1]?.toLowerCase() ?? '';
  const row = byType ?? rows.find(([, ...exts]) => exts.includes(ended));
  return row === undefined ? plainText : { mimeType: row[0], ext: row[1] };
}
