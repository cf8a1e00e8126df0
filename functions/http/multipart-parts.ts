/**
 * Divides a form into its parts with Dicer, the part of `@fastify/busboy` that finds boundaries. Busboy itself and
 * the middy parser over it are not used: they skip parts they do not understand, so a file cut by a stray boundary
 * would come out short and unnoticed. Here every part is accounted for, or the form is refused.
 */

import { isUtf8 } from 'node:buffer';
import { Dicer } from '@fastify/busboy';
import { decodeExtended, parse } from 'content-disposition';
import { mimeOf, refusal } from '#http/multipart-body.ts';

/** One part of a form. `bytes` is a view of the form's own bytes, not a copy. */
export interface Part {
  name: string;
  /** Undefined for a text field; as the client sent it, so neither clean nor safe. */
  filename: string | undefined;
  /** Without parameters, in lower case; the client's claim. */
  declaredType: string;
  charset: string;
  bytes: Buffer;
}

type Headers = Record<string, string[]>;

/** Far above what any client sends with a part, and low enough that a hostile header costs nothing. */
const maxHeaderLines = 32;
const maxHeaderBytes = 8192;

/**
 * The parts of a form in order. Throws `validation_failed` when the closing boundary is missing, when there are more
 * than `maxParts`, or when any part is not a plain form field (RFC 7578).
 */
export async function partsOf(body: Buffer, boundary: string, maxParts: number): Promise<Part[]> {
  const raw = await divide(body, boundary, maxParts);
  return raw.map(({ headers, chunks }) => readPart(headers, chunks));
}

interface RawPart {
  /** Empty when Dicer never saw their end. */
  headers: Headers;
  chunks: Buffer[];
}

function divide(body: Buffer, boundary: string, maxParts: number): Promise<RawPart[]> {
  return new Promise((resolve, reject) => {
    const parts: RawPart[] = [];
    const cutShort = () => reject(unfinished());
    // Dicer drops what exceeds its limits without a word, so it reads twice as much as `checkSize` will take.
    const limits = { maxHeaderPairs: 2 * maxHeaderLines, maxHeaderSize: 2 * maxHeaderBytes };
    const dicer = new Dicer({ boundary, ...limits });
    dicer.on('part', (stream) => {
      // Thrown out of `end` below, which stops Dicer at once: half a million empty parts would take 700 MB of streams.
      if (parts.length === maxParts) throw refusal('body', `Send at most ${maxParts} form fields.`);
      const part: RawPart = { headers: {}, chunks: [] };
      parts.push(part);
      stream.on('header', (headers) => {
        part.headers = headers as Headers;
      });
      stream.on('data', (chunk) => part.chunks.push(chunk as Buffer));
      // A body that ends inside a part reports it here as well; an 'error' nobody hears would end the process.
      stream.on('error', cutShort);
    });
    let closed = false;
    dicer.on('trailer', (rest) => {
      // `--boundary--` must be a whole line: when more follows, these are bytes of a file that holds the boundary.
      if (!closed && !/^[ \t]*(\r?\n|$)/.test(rest.toString('latin1', 0, 100))) reject(strayBoundary());
      closed = true;
    });
    dicer.on('error', cutShort);
    dicer.on('finish', () => resolve(parts));
    try {
      dicer.end(body);
    } catch (error) {
      reject(error);
    }
  });
}

const unfinished = () =>
  refusal('body', 'Send the whole form again: its closing boundary is missing. Lines end with CRLF.');

const strayBoundary = () => refusal('body', 'Choose a boundary that does not occur inside the file.');

function readPart(headers: Headers, chunks: Buffer[]): Part {
  checkSize(headers);
  const [disposition = '', ...more] = headers['content-disposition'] ?? [];
  // Some clients write a quote as `\"`, browsers as `%22`, and old ones send a path with single backslashes.
  const { type, parameters } = parse(disposition, { multipart: !disposition.includes('\\"'), extended: false });
  if (type !== 'form-data' || more.length > 0) {
    throw refusal(
      'body',
      'Give every part one "Content-Disposition: form-data" header, and keep the boundary out of the file.',
    );
  }
  const name = textOf(parameters.name ?? '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what it is for
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw refusal('body', 'Give every part a name without control characters.');
  }
  const extended = decodeExtended(parameters['filename*'] ?? '');
  const filename = extended ?? (parameters.filename === undefined ? undefined : textOf(parameters.filename));
  const contentType = headers['content-type']?.[0];
  const mime = mimeOf(contentType ?? 'text/plain');
  const nested = filename === undefined && mime?.type === 'multipart';
  const encoding = headers['content-transfer-encoding']?.[0]?.trim().toLowerCase() ?? 'binary';
  if (nested || !['7bit', '8bit', 'binary'].includes(encoding)) {
    throw refusal(name, 'Send each part as plain bytes: not nested, not in base64 or quoted-printable.');
  }
  return {
    name,
    filename,
    declaredType: mime?.essence ?? 'application/octet-stream',
    charset: mime?.params.get('charset') ?? 'utf-8',
    bytes: chunks[0] && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks),
  };
}

function checkSize(headers: Headers): void {
  const lines = Object.entries(headers).flatMap(([name, values]) => values.map((value) => name.length + value.length));
  const bytes = lines.reduce((sum, length) => sum + length, 0);
  if (lines.length > maxHeaderLines || bytes > maxHeaderBytes) {
    throw refusal('body', `Send at most ${maxHeaderBytes} bytes of headers with a part.`);
  }
}

/** Header values arrive as one character a byte; clients mean UTF-8, and a few old ones Latin-1. */
function textOf(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}
