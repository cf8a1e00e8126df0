import { isStowageError, StowageError } from './errors.ts';

export interface RetryOptions {
  /** Tries in all; 1 for none again. */
  attempts?: number;
  /** The longest first pause, milliseconds; each further one is twice as long, up to `maxMs`. */
  baseMs?: number;
  maxMs?: number;
}

/** Statuses after which the same request may succeed: throttled, or a failure on the way. */
const passing = new Set([429, 500, 502, 503, 504]);

/** Whether the same request again may have another outcome. It must be one that is safe to repeat. */
export function isPassing(error: unknown): boolean {
  if (!isStowageError(error)) return false;
  return error.code === 'network_error' || error.code === 'request_in_progress' || passing.has(error.status);
}

/**
 * Runs what is safe to repeat until it succeeds, fails for good, or has been tried often enough. Pauses are random up
 * to a doubling bound, so that many clients do not come back at once, and never shorter than the API's `retry-after`.
 * Rejects with the last error, or with `aborted` as soon as `signal` says so.
 */
export async function withRetry<T>(run: () => Promise<T>, options: RetryOptions, signal?: AbortSignal): Promise<T> {
  const { attempts = 4, baseMs = 400, maxMs = 8000 } = options;
  for (let attempt = 1; ; attempt += 1) {
    throwIfAborted(signal);
    try {
      return await run();
    } catch (error) {
      if (attempt >= attempts || !isPassing(error)) throw error;
      const asked = isStowageError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      await pause(Math.max(asked, Math.random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1))), signal);
    }
  }
}

/** Throws `aborted` with the signal's reason as cause. */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw new StowageError('aborted', 'The upload was aborted.', { cause: signal.reason });
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
