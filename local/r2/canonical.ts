/** SigV4's canonical request (AWS "Create a signed request"), with S3's single encoding of the path. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { QueryPairs } from './request.ts';

/** RFC 3986 encoding: everything but letters, digits and `-._~`. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The path, encoded once and never normalised: `..` and `//` are legal in keys. */
export function encodePath(decoded: string): string {
  return decoded.split('/').map(encodeRfc3986).join('/');
}

/** Parameters sorted by encoded name, then value; `X-Amz-Signature` cannot sign itself. */
export function canonicalQuery(query: QueryPairs): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair])
    .sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
    .map(([, pair]) => pair)
    .join('&');
}

/**
 * SHA-256 in hex of the canonical request, over the bytes that came on the wire (Node reads headers as latin1).
 * Undefined when a signed header is absent: an absent header must never pass for an empty one.
 */
export function canonicalRequestHash(input: {
  method: string;
  path: string;
  query: QueryPairs;
  headers: IncomingMessage['headersDistinct'];
  signedHeaders: string[];
  payloadHash: string;
}): string | undefined {
  const lines: string[] = [];
  for (const name of input.signedHeaders) {
    const values = input.headers[name];
    if (values === undefined) return undefined;
    lines.push(`${name}:${values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',')}\n`);
  }
  const request = [
    input.method,
    encodePath(input.path),
    canonicalQuery(input.query),
    lines.join(''),
    input.signedHeaders.join(';'),
    input.payloadHash,
  ].join('\n');
  return createHash('sha256').update(request, 'latin1').digest('hex');
}
