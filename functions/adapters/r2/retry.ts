/** When a request to R2 is sent again: by what R2 means, where the client's own rules know only what S3 means. */
import { ObjectStoreError } from '#core/files/ports.ts';
import { isRateLimit, R2Refusal } from './refusals.ts';

const maxAttempts = 3;
const backoffBaseMs = 100;
const backoffCapMs = 1_000;

/** R2 takes one write of a key a second (Cloudflare: "Limits"), so a retry comes after more than one. */
const rateLimitMs = 1_050;

interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}

const token = (count: number, delayMs: number): RetryToken => ({
  getRetryCount: () => count,
  getRetryDelay: () => delayMs,
});

/**
 * The client's retry strategy: three tries of what failed on the way or is `unavailable`, after a wait with jitter. The
 * client waits, and ends the wait when the time of all tries together is over.
 */
export const retryStrategy = {
  acquireInitialRetryToken: async () => token(0, 0),
  async refreshRetryTokenForRetry(last: RetryToken, { error }: { error?: unknown }): Promise<RetryToken> {
    const count = last.getRetryCount() + 1;
    if (count >= maxAttempts || !isWorthRetry(error)) throw new Error('No further try');
    const jitter = Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** count);
    const limited = error instanceof R2Refusal && isRateLimit(error.status, error.code);
    return token(count, limited ? rateLimitMs + jitter : jitter);
  },
  recordSuccess(): void {},
};

function isWorthRetry(error: unknown): boolean {
  if (error instanceof R2Refusal) return error.reason === 'unavailable' || error.clockCorrected;
  return !(error instanceof ObjectStoreError);
}
