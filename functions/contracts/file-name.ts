/** File names as people see them. Keys are random and never made from these: a name here is metadata for display. */

import { create } from 'content-disposition';

/** The longest name common file systems hold, in UTF-8 bytes. */
const maxNameBytes = 255;

/** A longer "extension" is a sentence with a dot in it, and cutting it hides nothing that tells the type. */
const maxExtensionBytes = 32;

/**
 * Controls (C0, DEL, C1), line separators, and marks that reorder text: `photo<RLO>gpj.exe` would show as
 * `photoexe.jpg` (Unicode TR 36, 2.5). Joiners stay, since emoji and Indic scripts are written with them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is what it is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Makes a client's file name safe to store and show, because clients send whole paths and attackers send worse: keeps
 * the part after the last separator of either kind, drops controls and bidirectional marks, normalises to NFC, and
 * cuts to 255 UTF-8 bytes between characters with the extension kept. What leaves nothing is `file`. Cleaning a clean
 * name changes nothing. Never throws.
 */
export function cleanFileName(raw: string): string {
  const visible = raw.toWellFormed().replace(unsafe, '');
  const last = visible.slice(Math.max(visible.lastIndexOf('/'), visible.lastIndexOf('\\')) + 1);
  const name = cut(last.normalize('NFC').trim()).trim();
  return /^\.*$/.test(name) ? 'file' : name;
}

/**
 * The header that gives a download its name (RFC 6266): a plain `filename` where ASCII holds it, otherwise an ASCII
 * stand-in and the true name as `filename*` (RFC 8187). Cleans the name first, so no name can break the header.
 */
export function contentDisposition(type: 'inline' | 'attachment', fileName: string): string {
  return create(cleanFileName(fileName), { type });
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= maxExtensionBytes ? name.slice(dot) : '';
  let room = maxNameBytes - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem.trimEnd() + extension;
}
