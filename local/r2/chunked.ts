/**
 * `aws-chunked` with an unsigned trailer: `<hex size>\r\n<bytes>\r\n` ... `0\r\n<name>:<value>\r\n\r\n`. Differs from
 * real R2: nobody has reported whether it takes this form at all; its signed sibling it refuses, and so does this server.
 */
import { R2Error } from './errors.ts';

const maxLineBytes = 1024;

/** Decodes the stream as it flows; trailing headers go into `trailers`. Throws IncompleteBody for any other shape. */
export async function* decodeAwsChunked(
  source: AsyncIterable<Uint8Array>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  /** Bytes of the current chunk still to come; its CRLF counts as two more. */
  let remaining = 0;
  let state: 'size' | 'data' | 'trailer' | 'end' = 'size';

  for await (const piece of source) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    for (;;) {
      if (state === 'end') {
        if (held.length > 0) throw broken('bytes after the end');
        break;
      }
      if (state === 'data') {
        if (remaining > 2) {
          if (held.length === 0) break;
          const data = held.subarray(0, remaining - 2);
          held = held.subarray(data.length);
          remaining -= data.length;
          yield data;
          continue;
        }
        if (held.length < 2) break;
        if (held.toString('latin1', 0, 2) !== '\r\n') throw broken('a chunk longer than its size');
        held = held.subarray(2);
        state = 'size';
        continue;
      }
      const end = held.indexOf('\r\n');
      if (end > maxLineBytes || (end < 0 && held.length > maxLineBytes)) throw broken('an overlong line');
      if (end < 0) break;
      const line = held.toString('latin1', 0, end);
      held = held.subarray(end + 2);
      if (state === 'trailer') {
        if (line === '') state = 'end';
        else trailers.set(...trailer(line));
        continue;
      }
      if (!/^[0-9a-f]{1,12}$/i.test(line)) throw broken('a chunk without a size');
      const size = Number.parseInt(line, 16);
      remaining = size + 2;
      state = size === 0 ? 'trailer' : 'data';
    }
  }
  if (state !== 'end') throw broken('no end');
}

function trailer(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw broken('a trailer without a name');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function broken(what: string): R2Error {
  return new R2Error('IncompleteBody', `The aws-chunked body has ${what}.`);
}
