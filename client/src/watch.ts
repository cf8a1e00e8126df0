import { StowageError } from './errors.ts';
import { throwIfAborted } from './retry.ts';

/**
 * Milliseconds a request may show no sign of life. Above the 30 seconds after which API Gateway answers whatever happens
 * (AWS: "Quotas for configuring and running an HTTP API"), with room for what a slow line still holds.
 */
export const defaultStallMs = 40_000;

export interface Watch {
  /** Ends the request: a stall, or the caller's wish. */
  signal: AbortSignal;
  /** Tells that something moved. */
  alive(): void;
}

export interface WatchOptions {
  stallMs: number;
  signal?: AbortSignal | undefined;
  /** Asked before the caller's signal ends the request. */
  mayAbort?: () => boolean;
}

/**
 * Runs one request, and ends it when nothing moves for `stallMs`: a dead line says nothing, and without a limit an upload
 * would wait for ever. Rejects with `network_error`, which has a `TimeoutError` as its cause after a stall, or with
 * `aborted`.
 */
export async function watched<T>(
  run: (watch: Watch) => Promise<T>,
  { stallMs, signal, mayAbort = () => true }: WatchOptions,
): Promise<T> {
  throwIfAborted(signal);
  const stop = new AbortController();
  const onStall = () => stop.abort(new DOMException(`Nothing moved for ${stallMs} ms`, 'TimeoutError'));
  const onAbort = () => mayAbort() && stop.abort(signal?.reason);
  let timer = setTimeout(onStall, stallMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(onStall, stallMs);
  };
  // Not every fetch ends by its signal at once, a replaced one perhaps never.
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason));
  });
  signal?.addEventListener('abort', onAbort);
  try {
    return await Promise.race([run({ signal: stop.signal, alive }), stopped]);
  } catch (cause) {
    const stalled = stop.signal.aborted && (stop.signal.reason as Error | undefined)?.name === 'TimeoutError';
    if (stop.signal.aborted && !stalled) throwIfAborted(signal);
    const what = stalled ? 'The server stopped answering.' : 'The server could not be reached.';
    throw new StowageError('network_error', `${what} Check the connection.`, {
      cause: stalled ? stop.signal.reason : cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
