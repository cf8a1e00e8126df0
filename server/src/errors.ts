/**
 * Refusals of the API as the OpenAPI document types them (docs/contract.md, "One error body"), and what can go wrong on
 * the way there: one class, told apart by `code`, each code with the details it carries.
 */
import type { components } from './api-types.ts';

type Refusal = components['schemas']['ErrorBody'];
type RefusalOf<C extends Refusal['code']> = Extract<Refusal, { code: C }>;

/** The codes of the API, and what each of them has in `details`. */
type ApiDetails = {
  [C in Refusal['code']]: RefusalOf<C> extends { details: infer D }
    ? D
    : 'details' extends keyof RefusalOf<C>
      ? RefusalOf<C>['details']
      : undefined;
};

interface OwnDetails {
  /** No answer came: refused, reset, no such host, or the token could not be fetched. */
  network_error: undefined;
  /** None of the tries was answered in time. */
  timeout: { timeoutMs: number };
  /** The caller's signal ended it. */
  aborted: undefined;
  /** An answer that is not the API's: a proxy's page, a gateway's own refusal, a redirect. */
  unexpected_answer: { body: string };
  /** The bucket did not take what was PUT: the URL is over, or the bytes are other than declared. */
  upload_refused: undefined;
  /** A webhook that nobody proved to be Stowage's, or not now (`verifyWebhook`). */
  webhook_refused: { reason: 'headers' | 'timestamp' | 'signature' | 'body' };
}

export type ErrorDetails = ApiDetails & OwnDetails;
export type ErrorCode = keyof ErrorDetails;

export interface ErrorFacts {
  status?: number;
  requestId?: string | undefined;
  details?: unknown;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** All that this package throws, apart from misuse (`TypeError`). No message of it holds a token or a signed URL. */
export class StowageError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'StowageError';
  readonly code: C;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Quote it in questions. */
  readonly requestId: string | undefined;
  readonly details: ErrorDetails[C];
  /** When the API says that trying again makes sense. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: C, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.requestId = facts.requestId;
    this.details = facts.details as ErrorDetails[C];
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** Every error there is, so that a `switch` over `code` knows `details`. */
export type AnyStowageError = { [C in ErrorCode]: StowageError<C> }[ErrorCode];

/**
 * Whether a caught value is of this package, and has one of `codes` where any are given. Narrows `details` along with
 * `code`. Goes by the name, since a program may hold two copies of the package.
 */
export function isStowageError(error: unknown): error is AnyStowageError;
export function isStowageError<C extends ErrorCode>(error: unknown, ...codes: C[]): error is StowageErrorOf<C>;
export function isStowageError(error: unknown, ...codes: string[]): boolean {
  if (!(error instanceof Error && error.name === 'StowageError')) return false;
  return codes.length === 0 || codes.includes((error as StowageError).code);
}

type StowageErrorOf<C extends ErrorCode> = { [K in C]: StowageError<K> }[C];

/** What a response says of itself, its text read whole. */
export interface Told {
  status: number;
  headers: Headers;
  text: string;
}

/** An answer that is no success, as an error. */
export function refusalOf({ status, headers, text }: Told): StowageError {
  const body = jsonOf(text) as Partial<Refusal> | null | undefined;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const facts = {
    status,
    requestId: body?.requestId ?? headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
  };
  if (typeof body?.code === 'string' && typeof body.message === 'string') {
    const details = 'details' in body ? body.details : undefined;
    return new StowageError(body.code, body.message, { ...facts, details });
  }
  const message = `The server answered ${status}, and not as the API does. Check baseUrl and what is in between.`;
  return new StowageError('unexpected_answer', message, { ...facts, details: { body: text.slice(0, 200) } });
}

/** The value of a JSON text; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
