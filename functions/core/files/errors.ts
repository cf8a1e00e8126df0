/**
 * The one catalogue of refusals. Every failure a caller can see is one of these; anything else leaves as
 * `internal_error`. Adding one is a change of the public API. How each is told, by status and words, is the edge's.
 */
export type ErrorCode =
  | 'validation_failed'
  | 'file_not_uploaded'
  | 'upload_not_found'
  | 'unauthorized'
  | 'insufficient_scope'
  | 'extension_file_storage_disabled'
  | 'not_active_member'
  | 'upload_not_owned'
  | 'not_found'
  | 'file_not_found'
  | 'extension_app_storage_quota_exceeded'
  | 'extension_session_storage_quota_exceeded'
  | 'extension_staged_user_app_storage_quota_exceeded'
  | 'file_already_claimed'
  | 'retained_until'
  | 'request_in_progress'
  | 'reconcile_running'
  | 'reconcile_refused'
  | 'staged_file_expired'
  | 'grace_period_over'
  | 'file_in_quarantine'
  | 'file_rejected'
  | 'file_too_large'
  | 'invalid_file_type'
  | 'invalid_image'
  | 'idempotency_key_reused'
  | OurFault;

/** What no other request would mend: it lies with us, with how we are deployed, or passes. */
type OurFault =
  | 'internal_error'
  | 'extension_file_storage_requires_r2'
  | 'storage_not_configured'
  | 'temporarily_unavailable';

const ourFaults: readonly string[] = [
  'internal_error',
  'extension_file_storage_requires_r2',
  'storage_not_configured',
  'temporarily_unavailable',
] satisfies OurFault[];

export interface AppErrorOptions {
  /** Machine-readable facts of the refusal; goes to the caller, so never a secret or a signed URL. */
  details?: Record<string, unknown>;
  /** What really happened; logged, never sent. */
  cause?: unknown;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
}

/** A refusal the caller may see: `message` says what to do about it, in words safe to show. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Whether an error judges what was asked for, so that asking again gets the same: not a fault of ours that may pass. */
export function isVerdict(error: unknown): error is AppError {
  return error instanceof AppError && !ourFaults.includes(error.code);
}
