import { AppError, type ErrorCode } from './errors.ts';
import type { CounterRef, FileRecord } from './record.ts';
import type { OverLimit } from './store.ts';
import { sizeInWords } from './words.ts';

const refusals: Record<CounterRef['kind'], { code: ErrorCode; full: string; advice: string }> = {
  app: {
    code: 'extension_app_storage_quota_exceeded',
    full: 'The storage of this extension is full',
    advice: 'Delete files, or ask an administrator for a higher limit.',
  },
  session: {
    code: 'extension_session_storage_quota_exceeded',
    full: 'The storage of this session is full',
    advice: 'Delete files of the session before uploading more.',
  },
  staged: {
    code: 'extension_staged_user_app_storage_quota_exceeded',
    full: 'Too much is staged and not saved yet',
    advice: 'Save or delete staged files before uploading more.',
  },
};

/** Of a person's uploads that are not completed, as many are named. */
const mostNamed = 20;

/**
 * The refusal of a counter that would pass its limit, with the numbers a client needs to explain it. `pending` are the
 * same person's uploads that hold room and are not completed.
 */
export function quotaExceeded(over: OverLimit, requestedBytes: number, pending: FileRecord[] = []): AppError {
  const { code, full, advice } = refusals[over.counter.kind];
  const { limitBytes, usedBytes, limitFiles, usedFiles } = over;
  const remainingBytes = Math.max(0, limitBytes - usedBytes);
  const named = pending.slice(0, mostNamed).map(({ id, originalName, sizeBytes, expiresAt }) => ({
    uploadId: id,
    originalName,
    sizeBytes,
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
  }));
  const details = {
    limitBytes,
    usedBytes,
    requestedBytes,
    remainingBytes,
    ...(named.length > 0 && { pending: named }),
  };
  // It is the number of files that is at fault where the bytes would have fitted.
  const inFiles = limitFiles !== undefined && requestedBytes <= remainingBytes;
  const numbers = inFiles
    ? `${usedFiles} of ${limitFiles} files`
    : `${sizeInWords(usedBytes)} of ${sizeInWords(limitBytes)} are used, and this needs ${sizeInWords(requestedBytes)}`;
  const message = `${full}: ${numbers}. ${advice}`;
  return new AppError(code, message, { details: inFiles ? { ...details, limitFiles, usedFiles } : details });
}
