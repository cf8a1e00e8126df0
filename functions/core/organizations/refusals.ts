import { AppError } from '#core/files/errors.ts';
import { ObjectStoreError } from '#core/files/ports.ts';

/**
 * The refusals of docs/contract.md, "Refusals of organizations", message for message; what they are about is in
 * `details`.
 */

export const notActiveMember = () => new AppError('not_active_member', 'Not an active member');

export const unsupportedFileType = (details: Record<string, unknown>) =>
  new AppError('invalid_file_type', 'Unsupported file type', { details });

export const fileTooLarge = (maxBytes: number) =>
  new AppError('file_too_large', 'File too large', { details: { maxBytes } });

/** Also for an upload that was consumed before: its staging is over, and the contract tells the two not apart. */
export const uploadNotFound = (uploadId: string) =>
  new AppError('upload_not_found', 'Upload not found or expired', { details: { uploadId } });

export const uploadNotOwned = (uploadId: string) =>
  new AppError('upload_not_owned', 'Upload does not belong to caller', { details: { uploadId } });

export const fileNotUploaded = (uploadId: string, details: Record<string, unknown> = {}) =>
  new AppError('file_not_uploaded', `File ${uploadId} was not uploaded`, { details: { uploadId, ...details } });

export const invalidUploads = (message: string, uploadId: string) =>
  new AppError('validation_failed', message, { details: { issues: [{ field: 'uploadIds', message }], uploadId } });

/** One answer for what is not there, is another organization's, or is not yet: nobody learns that an id exists. */
export const notFound = (what: string) => new AppError('not_found', `There is no such ${what} here.`);

/** Says of a bucket that does not answer that trying again helps; anything else stays what it is. */
export function storageRefusal(error: unknown): unknown {
  if (!(error instanceof ObjectStoreError)) return error;
  return new AppError('temporarily_unavailable', 'The storage did not answer. Try again.', {
    cause: error,
    retryAfterSeconds: 1,
  });
}
