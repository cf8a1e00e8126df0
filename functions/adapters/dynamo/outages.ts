import { AppError } from '#core/files/errors.ts';

const throttled = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

/** What Node calls a connection that broke or never came about. */
const unreachable = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * What the SDK has given up on after its own tries and nobody here is to blame for becomes `temporarily_unavailable`, so
 * that a client comes again instead of reporting a defect; everything else is returned as it is.
 * Source: Amazon DynamoDB Developer Guide, "Error handling with DynamoDB".
 */
export function translateOutage(error: unknown): unknown {
  return isOutage(error)
    ? new AppError('temporarily_unavailable', 'The service is busy right now. Try again shortly.', {
        cause: error,
        retryAfterSeconds: 1,
      })
    : error;
}

function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (throttled.has(error.name) || error.name === 'TimeoutError') return true;
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return unreachable.has(String(code)) || ($metadata?.httpStatusCode ?? 0) >= 500;
}
