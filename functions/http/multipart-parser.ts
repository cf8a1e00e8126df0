/**
 * `@middy/http-multipart-body-parser` over a form whose frame was checked. It gets the parts that somebody asked for and
 * nothing else, put together afresh: without preamble, padding and epilogue, and without the fields of which it makes a
 * promise that never settles (`a` beside `a[]`).
 */
import multipartBodyParser from '@middy/http-multipart-body-parser';
import { refusal } from './multipart-body.ts';
import type { Part } from './multipart-head.ts';

/** What the parser makes of a part. */
export type Parsed = string | { filename?: string; mimetype: string; content: Buffer };

const parser = multipartBodyParser({
  // Its pattern knows no quotes, no `_`, `+` or `.` in a boundary and no other parameter; ours was checked already.
  disableContentTypeCheck: true,
  // By itself it also takes text of the type application/octet-stream for a file.
  busboy: { limits: { files: 1 }, isPartAFile: (_name, _type, filename) => filename !== undefined },
});

/**
 * The parts as the parser reads them, by name. Throws `validation_failed` when it cannot; its own error carries the body
 * and goes nowhere.
 */
export async function parse(parts: Part[], boundary: string): Promise<Record<string, Parsed | Parsed[]>> {
  const event = {
    headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
    body: bodyOf(parts, boundary),
    isBase64Encoded: false,
  };
  const request = { event, context: {}, response: null, error: null, internal: {} };
  try {
    await parser.before?.(request as never);
  } catch {
    throw unreadable();
  }
  return request.event.body as unknown as Record<string, Parsed | Parsed[]>;
}

export const unreadable = () =>
  refusal('body', 'Write the headers of every part plainly: two readers disagree on them.');

function bodyOf(parts: Part[], boundary: string): Buffer {
  const line = Buffer.from(`--${boundary}\r\n`, 'latin1');
  const end = Buffer.from('\r\n');
  const last = Buffer.from(`--${boundary}--\r\n`, 'latin1');
  return Buffer.concat([...parts.flatMap(({ whole }) => [line, whole, end]), last]);
}
