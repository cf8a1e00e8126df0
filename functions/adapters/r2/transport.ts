/**
 * One signed request to R2: sign -> fetch -> read the whole answer (so that the socket is used again) -> try again when
 * that is worth it. Everything sent through here may be sent twice; callers see to that.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bucket, type ObjectRef, ObjectStoreError } from '#core/files/ports.ts';
import { bucketPath, objectPath, type R2Config, systemClock } from './config.ts';
import { sharedCredentials } from './credentials.ts';
import { codeOf, isAboutCredentials, reasonOf, refusal } from './refusals.ts';
import { createRequestSigner } from './signing.ts';

export interface R2Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** An object, or a whole bucket. */
  ref: ObjectRef | { bucket: Bucket };
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** The most bytes a good answer may have; more is `too_large`. */
  maxBytes?: number;
  /** Milliseconds the server may work before it answers, on top of the usual; a copy moves bytes we do not see. */
  patienceMs?: number;
}

export interface R2Response {
  ok: boolean;
  status: number;
  headers: Headers;
  body: Uint8Array;
  /** The S3 error code, of any answer that carries one: CopyObject may fail after it has sent a 200. */
  code: string | undefined;
  /** An earlier try of this request failed, and may have taken effect before it did. */
  retried: boolean;
}

export type Send = (request: R2Request) => Promise<R2Response>;

const maxAttempts = 3;
const backoffBaseMs = 100;
const backoffCapMs = 1_000;
/** Error documents are about 300 bytes; whatever is longer is not one. */
const maxErrorBytes = 65_536;

/**
 * Makes the sender of a store. It resolves with any final answer, refusals included, and rejects with
 * `ObjectStoreError`: `unavailable` after three tries (network, 429, 5xx, timeouts), `too_large` for a long answer.
 * New credentials are tried once when R2 refuses the old ones.
 */
export function createTransport(config: R2Config): Send {
  const signer = createRequestSigner(config);
  const credentials = sharedCredentials(config.credentials, config.clock);
  const clock = config.clock ?? systemClock;
  const baseMs = config.timeouts?.baseMs ?? 4_000;
  const bytesPerSecond = config.timeouts?.bytesPerSecond ?? 1_048_576;

  return async function send(request) {
    const payloadHash = createHash('sha256')
      .update(request.body ?? '')
      .digest('hex');
    const path = 'key' in request.ref ? objectPath(config, request.ref) : bucketPath(config, request.ref.bucket);
    const bytes = Math.max(request.body?.byteLength ?? 0, request.maxBytes ?? 0);
    const transferMs = (bytes / bytesPerSecond) * 1000 + (request.patienceMs ?? 0);
    const overall = AbortSignal.timeout(Math.ceil(2.5 * baseMs + transferMs));
    let lastFailure: unknown;
    let mayRefresh = true;

    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const used = await credentials();
      const signed = await signer.sign(
        { method: request.method, path, headers: request.headers ?? {}, query: request.query ?? {} },
        { payloadHash, signingDate: clock.now() },
      );
      const headers = new Headers({ ...signed.headers, 'accept-encoding': 'identity' });
      try {
        const signal = AbortSignal.any([overall, AbortSignal.timeout(Math.ceil(baseMs + transferMs))]);
        const answer = await once(signed.url, { request, headers, signal });
        const response = { ...answer, retried: attempt > 1 };
        if (mayRefresh && !response.ok && isAboutCredentials(response.status, response.code)) {
          mayRefresh = false;
          credentials.invalidate();
          const fresh = await credentials();
          if (fresh.accessKeyId !== used.accessKeyId || fresh.secretAccessKey !== used.secretAccessKey) {
            continue;
          }
        }
        if (response.ok || reasonOf(response.status, response.code) !== 'unavailable') {
          return response;
        }
        lastFailure = refusal(request.method, response.status, response.code);
      } catch (error) {
        if (error instanceof ObjectStoreError) {
          throw error;
        }
        lastFailure = error;
      }
      if (attempt === maxAttempts || overall.aborted) {
        break;
      }
      await sleep(Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt));
    }
    throw lastFailure instanceof ObjectStoreError
      ? lastFailure
      : new ObjectStoreError('unavailable', `R2 did not answer ${request.method}.`, { cause: lastFailure });
  };
}

async function once(
  url: string,
  { request, headers, signal }: { request: R2Request; headers: Headers; signal: AbortSignal },
): Promise<Omit<R2Response, 'retried'>> {
  const response = await fetch(url, {
    method: request.method,
    headers,
    // A redirect would carry the signature elsewhere; R2 sends none.
    redirect: 'manual',
    signal,
    ...(request.body && { body: request.body as Uint8Array<ArrayBuffer> }),
  });
  const { status } = response;
  const limit = response.ok ? (request.maxBytes ?? maxErrorBytes) : maxErrorBytes;
  const body = await readAtMost(response, { limit, isHead: request.method === 'HEAD' });
  if (!body && response.ok) {
    throw new ObjectStoreError('too_large', `The object is larger than the ${limit} bytes it was read for.`);
  }
  const mayBeError = !response.ok || request.method === 'PUT';
  const code = body && mayBeError ? codeOf(Buffer.from(body).toString('utf8')) : undefined;
  return {
    ok: response.ok && code === undefined,
    status,
    headers: response.headers,
    body: body ?? new Uint8Array(),
    code,
  };
}

/** Reads the answer while it stays within `limit`; a longer one is cancelled as soon as that shows. */
async function readAtMost(
  response: Response,
  { limit, isHead }: { limit: number; isHead: boolean },
): Promise<Uint8Array | undefined> {
  if (!response.body || isHead) {
    await response.body?.cancel();
    return new Uint8Array();
  }
  if (Number(response.headers.get('content-length')) > limit) {
    await response.body.cancel();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > limit) {
      // Leaving the loop cancels the stream.
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
