/**
 * The one catalogue of error codes. Every failure a caller can see is one of these; anything else leaves as
 * `internal_error`. Codes and statuses are the contract's: adding one here is a change of the public API.
 */
export const statusOf = {
  validation_failed: 400,
  file_not_uploaded: 400,
  upload_not_found: 400,
  unauthorized: 401,
  insufficient_scope: 403,
  extension_file_storage_disabled: 403,
  not_active_member: 403,
  upload_not_owned: 403,
  not_found: 404,
  file_not_found: 404,
  extension_app_storage_quota_exceeded: 409,
  extension_session_storage_quota_exceeded: 409,
  extension_staged_user_app_storage_quota_exceeded: 409,
  file_already_claimed: 409,
  retained_until: 409,
  request_in_progress: 409,
  staged_file_expired: 410,
  file_too_large: 413,
  invalid_file_type: 415,
  invalid_image: 422,
  idempotency_key_reused: 422,
  internal_error: 500,
  extension_file_storage_requires_r2: 503,
  storage_not_configured: 503,
  temporarily_unavailable: 503,
} as const;

export type ErrorCode = keyof typeof statusOf;

/**
 * The organizations' surface answers some refusals with 400 where extensions answer the precise status
 * (docs/contract.md, "Refusals of organizations"). Everything not named here keeps its status.
 */
export const organizationStatusOf: Partial<Record<ErrorCode, number>> = {
  file_too_large: 400,
  invalid_file_type: 400,
};

export interface AppErrorOptions {
  /** Machine-readable facts of the refusal; goes to the caller, so never a secret or a signed URL. */
  details?: Record<string, unknown>;
  /** What really happened; logged, never sent. */
  cause?: unknown;
  /** Replaces the catalogue's status where a surface differs (see `organizationStatusOf`). */
  status?: number;
  /** Seconds after which trying again makes sense; becomes the `retry-after` header. */
  retryAfterSeconds?: number;
}

/** A refusal the caller may see: `message` says what to do about it, in words safe to show. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? statusOf[code];
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
