/** What `details` of a refusal holds, by its code (docs/contract.md, "One error body"). */
import type { ErrorCode } from '../functions/core/files/errors.ts';
import { named, whole } from './descriptions/words.ts';
import {
  direct,
  failing,
  files,
  issues,
  list,
  missingParts,
  moment,
  ofId,
  quota,
  stopped,
  typeOrNull,
  uploadId,
} from './detail-fields.ts';
import type { Json } from './json.ts';

export interface Refusal {
  /** When it is met, for a reader. */
  when: string;
  /** Fields of `details`; left out where there is nothing more to know. */
  details?: Record<string, Json>;
  /** Those of them that are always there. Given, `details` itself always is. */
  always?: string[];
  /** Told to people: an example. */
  message: string;
  example?: Json;
}

export const refusalsByCode: Record<ErrorCode, Refusal> = {
  validation_failed: {
    when: 'The request is not what the endpoint takes.',
    details: {
      issues,
      uploadId: ofId('The upload it is about; only where there is one.'),
      maxBytes: whole('Bytes of JSON that a state may have; only where it has more.'),
    },
    always: ['issues'],
    message: 'Check body.sizeBytes: must be at least 1',
    example: { issues: [{ path: 'body.sizeBytes', message: 'must be at least 1' }] },
  },
  file_not_uploaded: {
    when: 'A direct upload whose bytes were not PUT, or are other than was declared.',
    details: { uploadId, issues, missingParts },
    message: 'File 66f2a1b40a1b2c3d4e5f6071 was not uploaded',
    example: { uploadId: '66f2a1b40a1b2c3d4e5f6071' },
  },
  upload_not_found: {
    when: "An organization's upload that is unknown, expired or consumed.",
    details: { uploadId },
    always: ['uploadId'],
    message: 'Upload not found or expired',
    example: { uploadId: '66f2a1b40a1b2c3d4e5f6071' },
  },
  unauthorized: { when: 'No proof, or one that does not hold.', message: 'This endpoint takes a user token.' },
  insufficient_scope: {
    when: 'The token or key may not do this.',
    message: 'A session token alone may only read. Write from your backend with a developer key.',
  },
  extension_file_storage_disabled: {
    when: 'Storage is off for the app.',
    message: 'File storage is off for this extension. Ask an administrator to turn it on.',
  },
  not_active_member: { when: 'The user is no active member of the organization.', message: 'Not an active member' },
  upload_not_owned: {
    when: "An organization's upload of another user.",
    details: { uploadId },
    always: ['uploadId'],
    message: 'Upload does not belong to caller',
    example: { uploadId: '66f2a1b40a1b2c3d4e5f6071' },
  },
  not_found: {
    when: 'No such session, claim, document, logo, page, export, form link or path.',
    message: 'There is no such session here.',
  },
  file_not_found: {
    when: 'No such file for this caller.',
    details: { files },
    message: 'There is no such file here. It may have been deleted.',
  },
  extension_app_storage_quota_exceeded: {
    when: "The app's storage is full.",
    message: 'The storage of this extension is full. Delete files, or ask an administrator for a higher limit.',
    ...quota,
  },
  extension_session_storage_quota_exceeded: {
    when: "The session's storage is full.",
    message: 'The storage of this session is full. Delete files of the session before uploading more.',
    ...quota,
  },
  extension_staged_user_app_storage_quota_exceeded: {
    when: 'The user has staged as much of this app as may be staged.',
    message: 'Too much is staged and not saved yet. Save or delete staged files before uploading more.',
    ...quota,
  },
  file_already_claimed: {
    when: 'A file of a config belongs to something else.',
    details: { files },
    always: ['files'],
    message: 'A file of the config already belongs to something else. Upload a copy for this one.',
    example: failing('file_already_claimed'),
  },
  retained_until: {
    when: 'A document that must be kept still.',
    details: { until: moment('When it may be deleted.') },
    always: ['until'],
    message: 'This document is kept until 2033-11-20T10:00:00.000Z.',
    example: { until: '2033-11-20T10:00:00.000Z' },
  },
  request_in_progress: {
    when: 'The first request with this Idempotency-Key, or of this job, still goes on.',
    message: 'The first request with this Idempotency-Key still goes on. Try again shortly.',
  },
  reconcile_running: { when: 'Another reconcile is at work.', message: 'Another reconcile is at work.' },
  reconcile_refused: {
    when: 'Reconcile does not believe that table and bucket belong together.',
    details: { stopped },
    always: ['stopped'],
    message: 'Nothing was touched. The table is of an earlier time than the default bucket.',
    example: { stopped: [{ reason: 'table_restored', bucket: 'default', message: 'The table was restored.' }] },
  },
  staged_file_expired: {
    when: 'A file of a config was staged for too long.',
    details: { files },
    always: ['files'],
    message: 'A staged file of the config has expired. Upload it again.',
    example: failing('staged_file_expired'),
  },
  grace_period_over: {
    when: 'A deleted file of the uploads API whose grace period is over.',
    details: { until: moment('When it ended.') },
    always: ['until'],
    message: 'The file was deleted for good and cannot be restored. Upload it again.',
    example: { until: '2026-11-22T10:00:00.000Z' },
  },
  file_in_quarantine: {
    when: 'A file of the uploads API that is being scanned; `retry-after` says when to ask again.',
    message: 'The file is being scanned. Ask again shortly.',
  },
  file_rejected: {
    when: 'A file of the uploads API that is deleted because of what a scanner said of it, or did not say in time.',
    details: {
      reason: { enum: ['infected', 'scan_timed_out'], type: 'string', description: 'Why it is gone.' },
      signature: { type: 'string', ...named('What the scanner found, in its own words.', 'Eicar-Test-Signature') },
    },
    always: ['reason'],
    message: 'The file was found to be harmful and is deleted. Do not upload it again.',
    example: { reason: 'infected', signature: 'Eicar-Test-Signature' },
  },
  file_too_large: {
    when: 'Above the limit, or above what a form can carry.',
    details: { maxBytes: whole('Bytes that are taken this way.'), direct },
    always: ['maxBytes'],
    message: 'Send a file of at most 10 MiB.',
    example: { maxBytes: 10_485_760 },
  },
  invalid_file_type: {
    when: 'The bytes are of a type that is not taken.',
    details: {
      detected: typeOrNull('What the bytes are, or what the request said where they were not looked at.', 'image/heic'),
      declared: typeOrNull('What the upload was declared as; only where that is at fault.', 'image/png'),
      allowed: list('What would be taken; only where it is a short list.', { type: 'string' }),
    },
    always: [],
    message: 'Send a JPEG, PNG, WebP, GIF or AVIF image.',
    example: { detected: 'image/svg+xml' },
  },
  invalid_image: {
    when: 'An image that cannot be decoded whole.',
    details: {
      reason: {
        enum: ['truncated', 'corrupt', 'too_many_pixels', 'too_many_frames', 'timeout'],
        type: 'string',
        description: 'What is wrong with it.',
      },
      pixels: whole('Of all frames; only where they are too many.'),
      maxPixels: whole('Pixels that are taken; only where there are more.'),
      frames: whole('Only where they are too many.'),
      maxFrames: whole('Frames that are taken; only where there are more.'),
    },
    always: ['reason'],
    message: 'The image ends too early: it was not sent or saved completely.',
    example: { reason: 'truncated' },
  },
  idempotency_key_reused: {
    when: 'The same Idempotency-Key with other content.',
    details: { uploadId: ofId('The upload the key was used for; only where that is over.') },
    message: 'This Idempotency-Key was used with other content. Use a new key.',
  },
  internal_error: {
    when: 'Our fault; the message says nothing of the cause.',
    message: 'Something went wrong on our side. Quote the requestId when you report it.',
  },
  extension_file_storage_requires_r2: {
    when: 'No bucket is configured (extensions).',
    message: 'File storage is not configured. Ask the platform team.',
  },
  storage_not_configured: {
    when: 'No bucket, or no public one, is configured (uploads, organizations).',
    message: 'No public bucket is configured. Ask the platform team.',
  },
  temporarily_unavailable: {
    when: 'Table, bucket or key server do not answer in time, or others change the same thing.',
    message: 'The storage is busy right now. Try again shortly.',
  },
};
