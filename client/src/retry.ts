import { isStowageError, StowageError } from './errors.ts';

export interface RetryOptions {
  /** Tries that may be answered with a passing failure or run into a stall, in all; 1 for none again. */
  attempts?: number;
  /**
   * Tries that may get no answer, in all: twice `attempts` unless told, and none again where that is 1. With the pauses
   * below an outage of 14 seconds is always survived, one of 28 sometimes.
   */
  networkAttempts?: number;
  /** The longest first pause, milliseconds; each further one is twice as long, up to `maxMs`. */
  baseMs?: number;
  maxMs?: number;
}

/** Statuses after which the same request may succeed: throttled, or a failure on the way. */
const passing = new Set([429, 500, 502, 503, 504]);

/** Whether the same request again may have another outcome. It must be one that is safe to repeat. */
export function isPassing(error: unknown): boolean {
  return isUnanswered(error) || (isStowageError(error) && (isStall(error) || passing.has(error.status)));
}

/** No answer, or one that says that an earlier try, whose answer was lost, goes on still. */
function isUnanswered(error: unknown): boolean {
  return isStowageError(error, 'network_error', 'request_in_progress') && !isStall(error);
}

/** A stall takes long to be noticed, so it is not waited out as often as a connection that is refused. */
const isStall = (error: StowageError) => (error.cause as { name?: unknown } | undefined)?.name === 'TimeoutError';

/**
 * Runs what is safe to repeat until it succeeds, fails for good, or has been tried often enough. Pauses are random in
 * the upper half of a doubling bound: many clients do not come back at once, and none spends its tries while the line is
 * still down. Never shorter than the API's `retry-after`. Rejects with the last error, or with `aborted` as soon as
 * `signal` says so.
 */
export async function withRetry<T>(run: () => Promise<T>, options: RetryOptions, signal?: AbortSignal): Promise<T> {
  const { attempts = 4, baseMs = 400, maxMs = 8000 } = options;
  const { networkAttempts = attempts === 1 ? 1 : attempts * 2 } = options;
  const failures = { answered: 0, unanswered: 0 };
  for (let bound = baseMs; ; bound = Math.min(maxMs, bound * 2)) {
    throwIfAborted(signal);
    try {
      return await run();
    } catch (error) {
      if (isUnanswered(error)) failures.unanswered += 1;
      else failures.answered += 1;
      const spent = failures.answered >= attempts || failures.unanswered >= networkAttempts;
      if (spent || !isPassing(error)) throw error;
      const asked = isStowageError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
      await pause(Math.max(asked, (bound / 2) * (1 + Math.random())), signal);
    }
  }
}

/** Throws `aborted` with the signal's reason as cause. */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw new StowageError('aborted', 'The request was aborted.', { cause: signal.reason });
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
