import { AppError } from '#core/files/errors.ts';
import { ObjectStoreError } from '#core/files/ports.ts';

/** An answer in API Gateway's payload format 2.0. */
export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: string;
}

/** Answers carry signed URLs and people's data: no cache keeps them and no browser guesses their type. */
const commonHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function jsonResponse(status: number, body: unknown, requestId: string): HttpResponse {
  return {
    statusCode: status,
    headers: { ...commonHeaders, 'content-type': 'application/json; charset=utf-8', 'x-request-id': requestId },
    body: JSON.stringify(body),
  };
}

export function emptyResponse(status: number, requestId: string): HttpResponse {
  return { statusCode: status, headers: { ...commonHeaders, 'x-request-id': requestId } };
}

/**
 * The one error body (docs/contract.md, "One error body"). A bucket that is away is a reason to come again; anything
 * else that is no `AppError` leaves as `internal_error`, without a word of its own.
 */
export function errorResponse(error: unknown, requestId: string): HttpResponse {
  const shown = error instanceof AppError ? error : unforeseen(error);
  const { code, message, details, status, retryAfterSeconds } = shown;
  const response = jsonResponse(status, { status: 'error', code, message, requestId, details }, requestId);
  if (retryAfterSeconds !== undefined) response.headers['retry-after'] = String(retryAfterSeconds);
  return response;
}

function unforeseen(error: unknown): AppError {
  if (error instanceof ObjectStoreError && error.reason === 'unavailable') {
    return new AppError('temporarily_unavailable', 'The storage is busy right now. Try again shortly.', {
      retryAfterSeconds: 1,
    });
  }
  return new AppError('internal_error', 'Something went wrong on our side. Quote the requestId when you report it.');
}
