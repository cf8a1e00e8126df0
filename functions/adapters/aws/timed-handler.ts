/**
 * The transport of the AWS clients whose answers are small: true time-outs, and a pool that forgets its sockets when one
 * of them turns out dead. The SDK's own time-outs are not that: `requestTimeout` only warns, and ends when the headers
 * come; `connectionTimeout` counts the wait for a free socket as connecting (@smithy/node-http-handler 4.14).
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The invocation has no time left for another call. The SDK does not try again after it. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';
}

export interface TimedHandlerOptions {
  /** Milliseconds from the start of one attempt to the last byte of its answer. */
  attemptMs: number;
  /** Milliseconds the caller has left; see `remainingMs` of the runtime. */
  remainingMs?: (() => number) | undefined;
}

/**
 * Connections idle for longer are not used again: Lambda freezes an instance between two requests, and what the other
 * side says meanwhile (that it closed them) is lost. Milliseconds by the clock on the wall, which a freeze does not stop.
 */
const idleMs = 20_000;

/**
 * An HTTP handler for `requestHandler` of an SDK client. Every attempt ends within `attemptMs`, or earlier when the
 * caller's time is up, with a `TimeoutError` that the SDK answers by another attempt; without time left it is an
 * `OutOfTimeError`. After any failure the idle connections are dropped, so that the next attempt opens a new one instead
 * of taking another that died with the first. The answer is read whole: for clients that stream this is not made.
 */
export function createTimedHandler({ attemptMs, remainingMs = () => Number.POSITIVE_INFINITY }: TimedHandlerOptions) {
  // No call waits for another's socket, so an attempt's time is the server's alone. How many calls an invocation makes
  // at once is bounded by its own code.
  const pool = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  const agents = { httpAgent: new HttpAgent(pool), httpsAgent: new HttpsAgent(pool) };
  const inner = new NodeHttpHandler(agents);
  let lastAnswerAt = Date.now();

  function dropIdle(): void {
    for (const { freeSockets } of Object.values(agents)) {
      for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
    }
  }

  async function handle(...[request, options = {}]: Parameters<NodeHttpHandler['handle']>) {
    const limit = Math.min(attemptMs, remainingMs());
    if (limit <= 0) throw new OutOfTimeError('The time for this request is over.');
    if (Date.now() - lastAnswerAt > idleMs) dropIdle();
    const expired = AbortSignal.timeout(limit);
    const given = options.abortSignal as AbortSignal | undefined;
    const abortSignal = given ? AbortSignal.any([expired, given]) : expired;
    try {
      const answer = await inner.handle(request, { ...options, abortSignal });
      answer.response.body = await readWhole(answer.response.body);
      lastAnswerAt = Date.now();
      return answer;
    } catch (error) {
      dropIdle();
      if (!expired.aborted || given?.aborted) throw error;
      const message = `No whole answer within ${limit} ms.`;
      throw Object.assign(new Error(message, { cause: error }), { name: 'TimeoutError', code: 'ETIMEDOUT' });
    }
  }

  return {
    handle,
    destroy: () => inner.destroy(),
    updateHttpClientConfig: inner.updateHttpClientConfig.bind(inner),
    httpHandlerConfigs: () => inner.httpHandlerConfigs(),
  };
}

async function readWhole(body: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}
