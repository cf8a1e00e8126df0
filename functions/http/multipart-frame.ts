/**
 * Accounts for every byte of a form before a parser sees it. The whole body is in memory, so its frame can be known
 * first: `@middy/http-multipart-body-parser` ends the process on a body that is cut inside a file, and skips in silence
 * what it does not understand, so it gets only bodies whose frame was found sound (RFC 2046, 5.1.1; RFC 7578).
 */
import { refusal } from './multipart-body.ts';

/** One part, as views of the form's own bytes. */
export interface Frame {
  /** Header lines without the empty line that ends them, one character a byte. */
  head: string;
  /** Head, empty line and content as they lie in the body. */
  whole: Buffer;
  content: Buffer;
}

/** Far above what any client sends with a part, and low enough that a hostile head costs nothing. */
export const maxHeadBytes = 8192;

const emptyLine = Buffer.from('\r\n\r\n');
const [blank, tab, cr, lf, dash] = [0x20, 0x09, 0x0d, 0x0a, 0x2d];

/**
 * The parts of a form in order. Throws `validation_failed` when a delimiter is neither a whole line nor the closing one,
 * when nothing closes the form or a delimiter follows what does, when a part has no head that ends, or when there are
 * more than `maxParts`. Before the first delimiter and after the last may stand anything but a delimiter.
 */
export function framesOf(body: Buffer, boundary: string, maxParts: number): Frame[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const frames: Frame[] = [];
  let at = firstDelimiterEnd(body, delimiter);
  while (!isClosing(body, at)) {
    const start = lineEnd(body, at);
    // Before anything is kept of them: half a million empty parts would take 700 MB.
    if (frames.length === maxParts) throw refusal('body', `Send at most ${maxParts} form fields.`);
    // The delimiter's own CRLF is not the part's (RFC 2046), but ends a part without a head.
    const end = body.indexOf(delimiter, start - 2);
    if (end === -1) throw unfinished();
    const headEnd = body.subarray(start, Math.min(end, start + maxHeadBytes + emptyLine.length)).indexOf(emptyLine);
    if (headEnd === -1) throw end - start > maxHeadBytes ? longHead() : badHead();
    frames.push({
      head: body.toString('latin1', start, start + headEnd),
      whole: body.subarray(start, end),
      content: body.subarray(start + headEnd + emptyLine.length, end),
    });
    at = end + delimiter.length;
  }
  if (body.indexOf(delimiter, at) !== -1) throw strayBoundary();
  return frames;
}

function firstDelimiterEnd(body: Buffer, delimiter: Buffer): number {
  const atStart = delimiter.subarray(2);
  if (body.subarray(0, atStart.length).equals(atStart)) return atStart.length;
  const found = body.indexOf(delimiter);
  if (found === -1) throw unfinished();
  return found + delimiter.length;
}

/** `--boundary--` must be a whole line: when more follows, these are bytes of a file that holds the boundary. */
function isClosing(body: Buffer, at: number): boolean {
  if (body[at] !== dash || body[at + 1] !== dash) return false;
  const end = afterBlanks(body, at + 2);
  const isLine = end === body.length || body[end] === lf || (body[end] === cr && body[end + 1] === lf);
  if (!isLine) throw strayBoundary();
  return true;
}

/** Where the delimiter's line ends; blanks before that are transport padding, which a reader ignores. */
function lineEnd(body: Buffer, at: number): number {
  const end = afterBlanks(body, at);
  if (body[end] === cr && body[end + 1] === lf) return end + 2;
  throw end >= body.length - 1 ? unfinished() : strayBoundary();
}

function afterBlanks(body: Buffer, at: number): number {
  let end = at;
  while (body[end] === blank || body[end] === tab) end += 1;
  return end;
}

const unfinished = () =>
  refusal('body', 'Send the whole form again: its closing boundary is missing. Lines end with CRLF.');

const strayBoundary = () => refusal('body', 'Choose a boundary that does not occur inside the file.');

export const badHead = () =>
  refusal(
    'body',
    'Give every part one "Content-Disposition: form-data" header, and keep the boundary out of the file.',
  );

export const longHead = () => refusal('body', `Send at most ${maxHeadBytes} bytes of headers with a part.`);
