import { AppError } from './errors.ts';
import { type FileRecord, type StoredFile, stuckAfterMs } from './record.ts';

/** What the deploy settings say of scanning; none where it is off. */
export interface ScanPolicy {
  /** From the moment a file is stored, milliseconds. */
  timeoutMs: number;
  onTimeout: 'release' | 'reject';
}

/**
 * Why a stored file is not given out yet (docs/design.md, "Flows"). It is in its lists and counted. A public one lies in the
 * default bucket, and `also` says that it goes to the public one.
 */
export interface Quarantine extends ScanPolicy {
  /** Epoch milliseconds at which no verdict is waited for any more; from the moment it is stored. */
  until?: number;
  /** Epoch milliseconds until which a copy where it opens may be taken away still, so that nobody makes one: see `takeBack`. */
  shutUntil?: number;
}

export type Verdict = 'clean' | 'infected';

/** What became of a scan: a verdict and whose it is, or that none came in time. */
export interface Scanned {
  verdict: Verdict | 'timed_out';
  engine?: string;
  signature?: string;
  /** Of the bytes that were judged. */
  etag: string;
  /** ISO 8601. */
  at: string;
}

export interface Rejection {
  reason: 'infected' | 'scan_timed_out';
  signature?: string;
  /** Epoch milliseconds until which the owner is told; then the record goes. */
  until: number;
}

/** How long the owner of a rejected file is told why it is gone. */
export const toldForMs = 7 * 86_400_000;

/** The first look of the schedule: a message to the scanner that was lost is sent again then. */
const nudgeAfterMs = 15 * 60_000;

/** What becoming ready means to a file that has to be judged first. */
export function enterQuarantine<F extends Pick<StoredFile, 'quarantine' | 'dueAt'>>(file: F, now: Date): F {
  if (file.quarantine === undefined) return file;
  const until = now.getTime() + file.quarantine.timeoutMs;
  const dueAt = Math.min(until, now.getTime() + nudgeAfterMs);
  return { ...file, quarantine: { ...file.quarantine, until }, dueAt };
}

/** No link is given: no verdict, and it is waited for, or its absence counts as one. */
export function isHeld({ quarantine }: FileRecord, now: Date): boolean {
  if (quarantine === undefined) return false;
  return quarantine.onTimeout === 'reject' || (quarantine.until ?? 0) > now.getTime();
}

/** When the schedule must look at a file that has no end: while it is judged, or an object of it is left behind. */
export function dueWhileStored({ quarantine, also }: FileRecord, now: Date): { dueAt?: number } {
  if (quarantine !== undefined) return { dueAt: quarantine.until ?? now.getTime() };
  return also === undefined ? {} : { dueAt: now.getTime() };
}

/**
 * When the schedule must look at a file whose owner deleted it: at its end; one that may have been on its way to the public
 * bucket at that moment sooner, since whoever copied it may have been killed.
 */
export function dueWhileDeleted({ quarantine, also }: FileRecord, deletedAt: Date, end: number): number {
  const onItsWay = quarantine !== undefined && also !== undefined;
  return onItsWay ? Math.min(end, deletedAt.getTime() + stuckAfterMs) : end;
}

/** Throws `file_in_quarantine`. */
export function requireReleased(file: FileRecord, now: Date): void {
  if (!isHeld(file, now)) return;
  throw new AppError('file_in_quarantine', 'The file is being scanned. Ask again shortly.', { retryAfterSeconds: 5 });
}

/** Throws `file_rejected` for a file that is gone because of what a scanner said of it, or did not say in time. */
export function requireNotRejected({ rejection }: FileRecord): void {
  if (rejection === undefined) return;
  const { reason, signature } = rejection;
  const words =
    reason === 'infected'
      ? 'The file was found to be harmful and is deleted. Do not upload it again.'
      : 'The file could not be scanned in time and is deleted. Upload it again.';
  throw new AppError('file_rejected', words, { details: { reason, ...(signature !== undefined && { signature }) } });
}
