/**
 * Errors as the API and the bridge tell them (docs/contract.md, "One error body"): one class, told apart by `code`,
 * each code with the details it carries. Messages are safe to show to a person.
 */

/** A counter that would pass its limit; bytes. */
export interface QuotaDetails {
  limitBytes: number;
  usedBytes: number;
  requestedBytes: number;
  remainingBytes: number;
  /** Where the number of files is at fault and not their bytes. */
  limitFiles?: number;
  usedFiles?: number;
  /** The caller's own uploads that hold room and are not completed. */
  pending?: { uploadId: string; originalName: string; sizeBytes: number; expiresAt?: string }[];
}

/** Files of a config that a claim cannot have, each with its own reason. */
export interface FailingFiles {
  files: { fileId: string; code: string; heldBy?: 'lock' | 'template' | 'session' }[];
}

/** What each of the API's codes carries in `details`; `undefined` where there is nothing more to know. */
export interface ApiErrorDetails {
  validation_failed: { issues: { path: string; message: string }[]; uploadId?: string; maxBytes?: number };
  file_not_uploaded: { uploadId?: string } | undefined;
  upload_not_found: { uploadId: string };
  unauthorized: undefined;
  insufficient_scope: undefined;
  extension_file_storage_disabled: undefined;
  not_active_member: undefined;
  upload_not_owned: { uploadId: string };
  not_found: undefined;
  file_not_found: Partial<FailingFiles> | undefined;
  extension_app_storage_quota_exceeded: QuotaDetails;
  extension_session_storage_quota_exceeded: QuotaDetails;
  extension_staged_user_app_storage_quota_exceeded: QuotaDetails;
  file_already_claimed: FailingFiles;
  retained_until: { until: string };
  request_in_progress: undefined;
  reconcile_running: undefined;
  reconcile_refused: { stopped: { reason: string; bucket?: string; message: string }[] };
  staged_file_expired: FailingFiles;
  grace_period_over: { until: string };
  file_in_quarantine: undefined;
  file_rejected: { reason: 'infected' | 'scan_timed_out'; signature?: string };
  /** `direct` tells where a direct upload begins, when the file would fit in one. */
  file_too_large: { maxBytes: number; direct?: { presign: string; complete: string; maxBytes: number } };
  invalid_file_type: { detected?: string | null; declared?: string | null; allowed?: string[] };
  invalid_image: { reason: 'truncated' | 'corrupt' | 'too_many_pixels' | 'too_many_frames' | 'timeout' };
  idempotency_key_reused: { uploadId?: string } | undefined;
  internal_error: undefined;
  extension_file_storage_requires_r2: undefined;
  storage_not_configured: undefined;
  temporarily_unavailable: undefined;
}

export type ApiErrorCode = keyof ApiErrorDetails;

/** What this side can meet before or beside an answer of the API. */
export interface ClientErrorDetails {
  /** No answer arrived: offline, refused, reset, or forbidden by CORS. */
  network_error: undefined;
  /** The page's own `auth` threw: nothing was sent, and trying again would throw again. */
  auth_failed: undefined;
  /** An answer that is not the API's: a proxy's page, a gateway's own refusal. */
  unexpected_answer: { body: string };
  /** The caller's signal, or the other side going away, ended it. */
  aborted: undefined;
  /** A direct upload's URL was over, or the bucket refused it. */
  upload_refused: undefined;
  bridge_timeout: { timeoutMs: number };
  bridge_closed: undefined;
  unknown_action: undefined;
  invalid_payload: undefined;
  not_available_at_runtime: undefined;
  not_available_in_setup: undefined;
  too_many_requests: { limit: number };
}

export type ErrorDetails = ApiErrorDetails & ClientErrorDetails;
export type ErrorCode = keyof ErrorDetails;

export interface ErrorFacts {
  /** HTTP status; 0 when there was no answer. */
  status?: number;
  /** Quote it when reporting a failure. */
  requestId?: string | undefined;
  details?: unknown;
  cause?: unknown;
  /** Seconds after which the API says trying again makes sense. */
  retryAfterSeconds?: number | undefined;
}

/** Everything this package throws, apart from misuse (`TypeError`). */
export class StowageError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'StowageError';
  readonly code: C;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly details: ErrorDetails[C];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: C, message: string, facts: ErrorFacts = {}) {
    super(message, { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.requestId = facts.requestId;
    this.details = facts.details as ErrorDetails[C];
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/**
 * Whether a caught value is ours, and of one of `codes` when any are given; narrows `details` along with `code`. Goes by
 * the name, since every entry of this package brings its own copy of the class.
 */
export function isStowageError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: C[]
): error is { [K in C]: StowageError<K> }[C] {
  if (!(error instanceof Error) || error.name !== 'StowageError') return false;
  return codes.length === 0 || (codes as ErrorCode[]).includes((error as StowageError).code);
}

/** An answer that is no success, as an error. What is not the API's error body is `unexpected_answer`. */
export function errorOfAnswer(answer: { status: number; text: string; retryAfter?: string | null }): StowageError {
  const { status, text } = answer;
  const body = parseJson(text) as { code?: unknown; message?: unknown; requestId?: string; details?: unknown } | null;
  if (typeof body?.code === 'string' && typeof body.message === 'string') {
    const retryAfterSeconds = Number(answer.retryAfter) || undefined;
    const { requestId, details } = body;
    return new StowageError(body.code as ErrorCode, body.message, { status, requestId, details, retryAfterSeconds });
  }
  const shown = text.slice(0, 200);
  return new StowageError('unexpected_answer', `The server answered ${status}.`, { status, details: { body: shown } });
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
