/** What a receiver of webhooks did with a message. */
export type Delivery =
  | { outcome: 'taken' }
  /**
   * `status` where it answered at all. It must be tried again, and not before `retryAfterSeconds`. `unsent` where it never
   * left, by a fault of this side: the receiver knows nothing of it.
   */
  | { outcome: 'refused'; status?: number; reason: string; retryAfterSeconds?: number; unsent?: true };

/** Seconds before the first further try; each of the next waits three times as long. */
const firstPauseSeconds = 10;

/** Below the 12 hours that SQS hides a message for at most. */
const longestPauseSeconds = 3 * 3600;

/** No receiver may keep a message for longer than its queue would. */
const mostRetryAfterSeconds = 6 * 3600;

/**
 * Seconds until a message is tried again: 10 seconds, then three times the pause before, to three hours, up to a fifth
 * more by chance, so that what failed together does not come back together. At least what the receiver asked for.
 * @param attempt how often it was tried by now, from 1
 * @param chance from 0 to 1
 */
export function pauseSeconds(
  attempt: number,
  { retryAfterSeconds = 0 }: { retryAfterSeconds?: number },
  chance: number,
) {
  const pause = Math.min(firstPauseSeconds * 3 ** (attempt - 1), longestPauseSeconds) * (1 + chance / 5);
  return Math.round(Math.max(pause, Math.min(retryAfterSeconds, mostRetryAfterSeconds)));
}
