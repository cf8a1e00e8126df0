/**
 * The S3 client's HTTP handler with the limits it does not have: a whole answer, body included, within a try's time, in
 * no more bytes than were asked for, over connections that are not suspected dead.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ObjectStoreError } from '#core/files/ports.ts';
import { readAtMost } from '../http/read-at-most.ts';

/** The limits of one try. They travel in the options of the client's `send`. */
export interface TryLimits {
  /** Ends all tries together. */
  abortSignal?: AbortSignal;
  /** Milliseconds a try may take, the last byte of the answer included. */
  tryMs: number;
  /** The most bytes a good answer may have; more is `too_large`. */
  maxBytes: number;
  /** How many bytes are wanted of an answer that ignores the range it was asked for (RFC 9110, 14.2). */
  wantedOfWhole?: number | undefined;
  /** The server works before it answers, so that silence means nothing: R2 copies bytes we do not see. */
  quiet?: boolean;
}

/** Error documents are about 300 bytes; whatever is longer is not one. */
const maxErrorBytes = 65_536;

/** After so long an instance was frozen, most likely: its connections may be gone without a word to us. */
const freshForMs = 30_000;

/**
 * Makes the handler. `silenceMs` ends a try on whose connection nothing moves in either direction. There is no upper
 * bound on connections, so that `connectMs` measures connecting and not a queue: callers bound what they do at once.
 */
export function createHandler({ silenceMs, connectMs }: { silenceMs: number; connectMs: number }) {
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }),
  };
  const talking = new NodeHttpHandler({ ...agents, connectionTimeout: connectMs, socketTimeout: silenceMs });
  const quiet = new NodeHttpHandler({ ...agents, connectionTimeout: connectMs });
  let answeredAt = Date.now();

  /** Connections that wait for the next request. One of them was silent, or all had time to die: none is trusted. */
  function dropIdle(): void {
    for (const { freeSockets } of Object.values(agents)) {
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
    }
  }

  return {
    metadata: talking.metadata,
    async handle(request: HttpRequest, limits: TryLimits): Promise<{ response: HttpResponse }> {
      if (Date.now() - answeredAt > freshForMs) dropIdle();
      const expired = AbortSignal.timeout(limits.tryMs);
      const abortSignal = limits.abortSignal ? AbortSignal.any([limits.abortSignal, expired]) : expired;
      try {
        const { response } = await (limits.quiet ? quiet : talking).handle(request, { abortSignal });
        const bytes = await readAnswer(request.method, response, limits);
        answeredAt = Date.now();
        return { response: new HttpResponse({ ...response, body: Readable.from([bytes]) }) };
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) dropIdle();
        throw error;
      }
    },
    httpHandlerConfigs: () => ({}),
    updateHttpClientConfig(): void {},
    destroy(): void {
      talking.destroy();
      quiet.destroy();
    },
  };
}

async function readAnswer(method: string, response: HttpResponse, limits: TryLimits): Promise<Uint8Array> {
  const body = response.body as Readable;
  if (method === 'HEAD') {
    body.resume();
    return new Uint8Array();
  }
  const { statusCode, headers } = response;
  if (statusCode >= 300) return (await readAtMost(body, maxErrorBytes)) ?? new Uint8Array();
  const wanted = statusCode === 200 ? limits.wantedOfWhole : undefined;
  if (wanted !== undefined) return await readFirst(body, wanted);
  const tooLong = Number(headers['content-length']) > limits.maxBytes;
  if (tooLong) body.destroy();
  const bytes = tooLong ? undefined : await readAtMost(body, limits.maxBytes);
  if (bytes) return bytes;
  throw new ObjectStoreError('too_large', `The object is larger than the ${limits.maxBytes} bytes it was read for.`);
}

async function readFirst(body: Readable, wanted: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size >= wanted) break;
  }
  return Buffer.concat(chunks, size).subarray(0, wanted);
}
