import type { AppSettings } from '#core/extensions/settings.ts';
import { type CounterRef, countersOf, type FileRecord, isExpired, type Usage } from '#core/files/record.ts';
import type { CounterLimit } from '#core/files/store.ts';

/**
 * Files a counter may hold however small they are, since whoever shows a session asks for all of them, and what is
 * staged is read for every quota shown. An app's files are never listed whole.
 */
const limitFilesOf: Partial<Record<CounterRef['kind'], number>> = { session: 4000, staged: 1000 };

/** What a counter may reach under these settings. */
export function limitOf(counter: CounterRef, settings: AppSettings): CounterLimit {
  const limitBytes = {
    app: settings.maxBytesPerApp,
    session: settings.maxBytesPerSession,
    staged: settings.maxStagedBytesPerUserPerApp,
  }[counter.kind];
  const revision = counter.kind === 'app' ? settings.limitRevision : undefined;
  return { counter, limitBytes, limitFiles: limitFilesOf[counter.kind], revision };
}

/** The limits of everything that counts this file, the narrower first, so that its refusal is the one told when several would refuse. */
export function limitsOf(file: FileRecord, settings: AppSettings): CounterLimit[] {
  return countersOf(file)
    .map((counter) => limitOf(counter, settings))
    .reverse();
}

/** A user's unexpired staged files of one app (docs/contract.md, "Setup staging"). */
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
