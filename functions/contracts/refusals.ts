/**
 * How refusals are told over HTTP (docs/contract.md, "One error body"): the one map from codes to statuses, and where a
 * surface differs.
 */
import type { ErrorCode } from '#core/files/errors.ts';

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
  reconcile_running: 409,
  reconcile_refused: 409,
  staged_file_expired: 410,
  grace_period_over: 410,
  file_too_large: 413,
  invalid_file_type: 415,
  invalid_image: 422,
  file_rejected: 422,
  idempotency_key_reused: 422,
  file_in_quarantine: 423,
  internal_error: 500,
  extension_file_storage_requires_r2: 503,
  storage_not_configured: 503,
  temporarily_unavailable: 503,
} as const satisfies Record<ErrorCode, number>;

/** A surface's own way to tell some refusals; every other one keeps its status and its words. */
export type Wording = Partial<Record<ErrorCode, { status: number; message: string }>>;

/**
 * Organizations answer two refusals with 400 and the contract's words (docs/contract.md, "Refusals of organizations").
 */
export const organizationWording = {
  file_too_large: { status: 400, message: 'File too large' },
  invalid_file_type: { status: 400, message: 'Unsupported file type' },
} as const satisfies Wording;

const fileRefusals = ['file_too_large', 'invalid_file_type', 'idempotency_key_reused', 'request_in_progress'] as const;

/** What the uploads API may say of a file. */
export const uploadRefusals = fileRefusals satisfies readonly ErrorCode[];

/** What an extension's upload into a session may meet. */
export const sessionFileRefusals = [
  ...fileRefusals,
  'invalid_image',
  'extension_app_storage_quota_exceeded',
  'extension_session_storage_quota_exceeded',
] as const satisfies ErrorCode[];

/** What an extension's upload in a setup screen may meet. */
export const stagedFileRefusals = [
  ...fileRefusals,
  'invalid_image',
  'extension_app_storage_quota_exceeded',
  'extension_staged_user_app_storage_quota_exceeded',
] as const satisfies ErrorCode[];
