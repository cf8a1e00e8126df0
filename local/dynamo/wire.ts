/** The HTTP side of DynamoDB's JSON 1.0 protocol: a JSON body in, a JSON body with its CRC out. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import type { Body } from './dynalite.ts';
import { isWireError, wireError } from './errors.ts';

/** Largest request body, https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html */
const maxBodyBytes = 16 * 1024 * 1024;

/** Reads a JSON object. Throws SerializationException, or a 413 above 16 MB. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw wireError('RequestEntityTooLargeException', 'body above 16 MB', { status: 413 });
    chunks.push(chunk);
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Body;
  } catch {
    // Answered below, like every other body that is no object.
  }
  throw wireError('SerializationException', 'Unexpected value type in payload');
}

/** Sends an answer with the headers SDKs look at. */
export function sendJson(response: ServerResponse, status: number, output: Body): void {
  if (response.destroyed) return;
  const text = JSON.stringify(output);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
    'x-amz-crc32': crc32(text),
    'x-amzn-requestid': randomBytes(26).toString('hex').toUpperCase(),
  });
  response.end(text);
}

/** Sends what was thrown: a `WireError` as it is, anything else as the retryable 500 it would be in the cloud. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (isWireError(error)) {
    sendJson(response, error.statusCode, error.body);
    return;
  }
  // A client that went away is not worth a line.
  if (response.destroyed) return;
  console.error(error);
  const { statusCode, body } = wireError('InternalServerError', 'Internal server error', { status: 500 });
  sendJson(response, statusCode, body);
}
