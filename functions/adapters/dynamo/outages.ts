import { AppError } from '#core/files/errors.ts';
import { OutOfTimeError } from '../aws/timed-handler.ts';

/** What passes by itself, by the name DynamoDB gives it. The SDK has tried these again already. */
const passing = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TransactionInProgressException',
  'InvalidEndpointException',
  'TimeoutError',
]);

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
 * that a client comes again instead of reporting a defect; everything else is returned as it is: conditions that failed
 * are answers to whoever asked, and the rest (no such table, no permission, a malformed request, a token used for two
 * requests, an item collection that outgrew its partition) is a mistake of ours that an alarm must show.
 * Source: Amazon DynamoDB Developer Guide, "Error handling with DynamoDB", and the errors of each operation in its API
 * Reference.
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
  if (!(error instanceof Error) || error instanceof AppError) return false;
  if (passing.has(error.name) || error instanceof OutOfTimeError) return true;
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return unreachable.has(String(code)) || ($metadata?.httpStatusCode ?? 0) >= 500;
}
