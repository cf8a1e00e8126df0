/** Asks a key server for its keys. */
import { once } from 'node:events';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { JSONWebKeySet } from 'jose';
import { readAtMost } from '../http/read-at-most.ts';

/** One attempt to the last byte, milliseconds. */
const attemptMs = 1_500;

/** A key takes some 2 kB with its certificates, and the largest providers publish a dozen. */
const mostBytes = 512 * 1024;

/**
 * The set that `jwksUrl` answers with, unchecked: whoever reads keys out of it does that. Asked for a second time when there
 * was no whole answer, so that it takes three seconds at most. Rejects on any answer but 200 (redirects are not followed),
 * on one of more than half a megabyte, and on one that is no JSON.
 *
 * Not by `fetch`: loading it costs every instance 90 ms of CPU in its first request, for this one call.
 */
export async function requestKeys(jwksUrl: URL): Promise<JSONWebKeySet> {
  const { status, encoding, body } = await attempt(jwksUrl).catch(() => attempt(jwksUrl));
  if (status !== 200) throw new Error(`The key server answered ${status}`);
  if (body === undefined) throw new Error(`The key server answered with more than ${mostBytes} bytes`);
  return JSON.parse(new TextDecoder().decode(unpacked(body, encoding))) as JSONWebKeySet;
}

interface Answer {
  status: number | undefined;
  /** `Content-Encoding`. */
  encoding: string | undefined;
  /** Undefined when there is too much of it. */
  body: Buffer | undefined;
}

async function attempt(url: URL): Promise<Answer> {
  const signal = AbortSignal.timeout(attemptMs);
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  const headers = {
    accept: 'application/json, application/jwk-set+json',
    'accept-encoding': 'identity',
    'user-agent': 'Stowage/1',
  };
  // A connection of its own: one that was kept through a freeze may be dead.
  const request = get(url, { agent: false, headers, signal });
  // Whoever waits below is told; an error that comes when nobody waits any more would end the process.
  request.on('error', () => undefined);
  try {
    const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
    const encoding = response.headers['content-encoding'];
    return { status: response.statusCode, encoding, body: await readAtMost(response, mostBytes) };
  } finally {
    request.destroy();
  }
}

/** Sets that lie compressed in a bucket come so, whatever was asked for. Throws on one that is too large unpacked. */
function unpacked(body: Buffer, encoding = 'identity'): Buffer {
  const options = { maxOutputLength: mostBytes };
  if (/^(x-)?gzip$/i.test(encoding)) return gunzipSync(body, options);
  if (/^br$/i.test(encoding)) return brotliDecompressSync(body, options);
  if (/^deflate$/i.test(encoding)) return inflateSync(body, options);
  return body;
}
