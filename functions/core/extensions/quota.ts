import { AppError, type ErrorCode } from '#core/files/errors.ts';
import type { CounterRef, FileRecord, Usage } from '#core/files/record.ts';
import { countersOf, isExpired } from '#core/files/record.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';

/**
 * Files a counter may hold however small they are, since its list is read and signed whole: an answer of Lambda ends at
 * 6 MB, and what is staged is read for every quota shown. An app's files are never listed whole.
 */
const limitFilesOf: Partial<Record<CounterRef['kind'], number>> = { session: 4000, staged: 1000 };

/** What a counter may reach under these settings. */
export function limitOf(counter: CounterRef, settings: AppSettings): CounterLimit {
  const limitBytes = {
    app: settings.maxBytesPerApp,
    session: settings.maxBytesPerSession,
    staged: settings.maxStagedBytesPerUserPerApp,
  }[counter.kind];
  return { counter, limitBytes, limitFiles: limitFilesOf[counter.kind] };
}

/** The limits of everything that counts this file, the narrower first, so that its refusal is the one told when several would refuse. */
export function limitsOf(file: FileRecord, settings: AppSettings): CounterLimit[] {
  return countersOf(file)
    .map((counter) => limitOf(counter, settings))
    .reverse();
}

const refusals: Record<CounterRef['kind'], { code: ErrorCode; message: string }> = {
  app: {
    code: 'extension_app_storage_quota_exceeded',
    message: 'The storage of this extension is full. Delete files, or ask an administrator for a higher limit.',
  },
  session: {
    code: 'extension_session_storage_quota_exceeded',
    message: 'The storage of this session is full. Delete files of the session before uploading more.',
  },
  staged: {
    code: 'extension_staged_user_app_storage_quota_exceeded',
    message: 'Too much is staged and not saved yet. Save or delete staged files before uploading more.',
  },
};

/** The refusal of a counter that would pass its limit, with the numbers a client needs to explain it. */
export function quotaExceeded(over: OverLimit, requestedBytes: number): AppError {
  const { code, message } = refusals[over.counter.kind];
  const { limitBytes, usedBytes, limitFiles, usedFiles } = over;
  const remainingBytes = Math.max(0, limitBytes - usedBytes);
  const details = { limitBytes, usedBytes, requestedBytes, remainingBytes };
  // It is the number of files that is at fault where the bytes would have fitted.
  const inFiles = limitFiles !== undefined && requestedBytes <= remainingBytes;
  return new AppError(code, message, { details: inFiles ? { ...details, limitFiles, usedFiles } : details });
}

/** A user's unexpired staged files of one app (seed 1, "stagedQuota"). */
export interface StagedQuota {
  bytesUsed: number;
  fileCount: number;
  maxBytes: number;
  remainingBytes: number;
}

/**
 * The counter less what has expired and is not released yet: expired files are uncounted at once, though the alarm
 * that releases them may ring later.
 */
export function stagedQuotaOf(counter: Usage, staged: FileRecord[], settings: AppSettings, now: Date): StagedQuota {
  const expired = staged.filter((file) => isExpired(file, now));
  const expiredBytes = expired.reduce((sum, file) => sum + file.sizeBytes, 0);
  const bytesUsed = Math.max(0, counter.usedBytes - expiredBytes);
  const maxBytes = settings.maxStagedBytesPerUserPerApp;
  return {
    bytesUsed,
    fileCount: Math.max(0, counter.fileCount - expired.length),
    maxBytes,
    remainingBytes: Math.max(0, maxBytes - bytesUsed),
  };
}
