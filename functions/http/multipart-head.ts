/** What the head of a part says: its name, file name, type and charset, in every dialect that clients write. */

import { isUtf8 } from 'node:buffer';
import { decodeExtended, parse } from 'content-disposition';
import { decodeWords } from './encoded-words.ts';
import { mimeOf, refusal } from './multipart-body.ts';
import { badHead, type Frame, longHead } from './multipart-frame.ts';

/** One part of a form, its head understood. */
export interface Part extends Frame {
  name: string;
  /** Undefined for a text field; as the client sent it, so neither clean nor safe. */
  filename: string | undefined;
  /** Without parameters, in lower case; the client's claim. */
  declaredType: string;
  charset: string;
}

const maxHeaderLines = 32;

/** A field name of RFC 9110 and anything that stays on its line. */
const headerLine = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\r\n]*)$/;

/** Throws `validation_failed` when the part is not a plain form field (RFC 7578): one form-data disposition, a name, bytes as they are. */
export function readHead(frame: Frame): Part {
  const headers = headersOf(frame.head);
  const [disposition = '', ...more] = headers('content-disposition');
  // Some clients write a quote as `\"`, browsers as `%22`, and old ones send a path with single backslashes.
  const { type, parameters } = parse(disposition, { multipart: !disposition.includes('\\"'), extended: false });
  if (type !== 'form-data' || more.length > 0) throw badHead();
  const name = textOf(parameters.name ?? '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what it is for
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw refusal('body', 'Give every part a name without control characters.');
  }
  const filename = fileNameOf(parameters);
  const [contentType = 'text/plain'] = headers('content-type');
  const mime = mimeOf(contentType);
  const nested = filename === undefined && mime?.type === 'multipart';
  const encoding = headers('content-transfer-encoding')[0]?.trim().toLowerCase() ?? 'binary';
  if (nested || !['7bit', '8bit', 'binary'].includes(encoding)) {
    throw refusal(name, 'Send each part as plain bytes: not nested, not in base64 or quoted-printable.');
  }
  return {
    ...frame,
    name,
    filename,
    declaredType: mime?.essence ?? 'application/octet-stream',
    charset: mime?.params.get('charset') ?? 'utf-8',
  };
}

/** The values of a header by its lower-case name. A folded line belongs to the one before it. */
function headersOf(head: string): (name: string) => string[] {
  const lines = head.replace(/\r\n(?=[ \t])/g, '').split('\r\n');
  if (lines.length > maxHeaderLines) throw longHead();
  const headers = lines.map((line) => {
    const [, name = '', value = ''] = headerLine.exec(line) ?? [];
    if (name === '') throw badHead();
    return [name.toLowerCase(), value] as const;
  });
  return (wanted) => headers.filter(([name]) => name === wanted).map(([, value]) => value);
}

/** `filename*` says it best (RFC 8187); a plain one may be UTF-8, Latin-1 or, from mail libraries, encoded words. */
function fileNameOf({ filename, 'filename*': extended = '' }: Record<string, string | undefined>): string | undefined {
  return decodeExtended(extended) ?? (filename === undefined ? undefined : decodeWords(textOf(filename)));
}

/** Header values are read one character a byte; clients mean UTF-8, and a few old ones Latin-1. */
function textOf(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}
