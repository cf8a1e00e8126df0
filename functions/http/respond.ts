import type { Contract } from '#contracts/contract.ts';
import { statusOf } from '#contracts/refusals.ts';
import { AppError } from '#core/files/errors.ts';
import { ObjectStoreError } from '#core/files/ports.ts';

/** An answer in API Gateway's payload format 2.0. */
export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: string;
}

/** Answers carry signed URLs and people's data: no cache keeps them unless the contract says so, and no browser guesses their type. */
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
 * The one error body (docs/contract.md, "One error body"), in the surface's own wording where it has one: the only
 * place that knows what status a refusal has.
 */
export function errorResponse(
  error: unknown,
  requestId: string,
  { wording = {}, json }: Pick<Contract, 'wording' | 'json'> = {},
): HttpResponse {
  const { code, message, details, retryAfterSeconds } = refusalOf(error);
  const told = wording[code] ?? { status: statusOf[code], message };
  const body = {
    status: 'error',
    code,
    message: told.message,
    requestId,
    details: details && withPaths(details, json ? 'body' : 'query'),
  };
  const response = jsonResponse(told.status, body, requestId);
  if (retryAfterSeconds !== undefined) response.headers['retry-after'] = String(retryAfterSeconds);
  return response;
}

/** Rules know a field by its name and not where in a request it stood: fields become paths, like those of the checks. */
function withPaths(details: Record<string, unknown>, part: 'body' | 'query'): Record<string, unknown> {
  if (!Array.isArray(details.issues)) return details;
  const issues = details.issues.map(({ field, ...issue }: { field?: string }) =>
    field === undefined ? issue : { path: field === '' ? part : `${part}.${field}`, ...issue },
  );
  return { ...details, issues };
}

/**
 * What a caller is told of an error. A bucket that is away is a reason to come again; anything else that is no
 * `AppError` is an `internal_error`, without a word of its own.
 */
export function refusalOf(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof ObjectStoreError && error.reason === 'unavailable') {
    return new AppError('temporarily_unavailable', 'The storage is busy right now. Try again shortly.', {
      retryAfterSeconds: 1,
    });
  }
  return new AppError('internal_error', 'Something went wrong on our side. Quote the requestId when you report it.');
}
