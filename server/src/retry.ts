import { isStowageError, StowageError } from './errors.ts';

/** Throttled, or a failure on the way: the same request may succeed in a moment. */
const passing = new Set([429, 502, 503, 504]);

/** The first pause at most, and the longest one, milliseconds. */
const firstMs = 300;
const longestMs = 8000;

/** Whoever is asked to wait longer than this is told so instead: a backend's own callers wait as well. */
const patienceSeconds = 30;

export interface Attempt {
  /** Whether an earlier try may have been carried out, all the same: its answer was lost, or said no more than "later". */
  repeated: boolean;
}

/**
 * Runs what is safe to repeat until it succeeds, fails for good, or was repeated `retries` times. Pauses lie at random in
 * the upper half of a bound that doubles, so that many callers do not come back at once and none is back before the line is,
 * and are never shorter than the API's `retry-after`. Rejects with the last error, or with `aborted`.
 */
export async function repeated<T>(
  run: (attempt: Attempt) => Promise<T>,
  { retries, signal }: { retries: number; signal: AbortSignal },
): Promise<T> {
  const attempt: Attempt = { repeated: false };
  for (let again = 0; ; again += 1) {
    if (signal.aborted) throw abortedBy(signal);
    try {
      return await run(attempt);
    } catch (error) {
      if (again >= retries || !isPassing(error)) throw error;
      attempt.repeated ||= error.status !== 429;
      const bound = Math.min(longestMs, firstMs * 2 ** again);
      const asked = (error.retryAfterSeconds ?? 0) * 1000;
      await pause(Math.max(asked, (bound / 2) * (1 + Math.random())), signal);
    }
  }
}

/** The caller's wish to end it, as an error. */
export const abortedBy = (signal: AbortSignal) =>
  new StowageError('aborted', 'The request was aborted.', { cause: signal.reason });

/** Whether the same request again may have another outcome, within the time that one waits for it. */
function isPassing(error: unknown): error is StowageError {
  if (!isStowageError(error) || (error.retryAfterSeconds ?? 0) > patienceSeconds) return false;
  // An earlier try whose answer was lost still goes on.
  const mayPass = isStowageError(error, 'network_error', 'timeout', 'request_in_progress');
  return mayPass || passing.has(error.status) || (error.code === 'upload_refused' && error.status >= 500);
}

/** Ends early where the signal says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
