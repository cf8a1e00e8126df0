import { type FileRecord, type Incoming, requestIsOverAfterMs } from './record.ts';

/** What a capability says of a file that is about to be; the beginning of its life is the same for all. */
export type NewFile<F extends FileRecord> = Omit<
  F,
  'state' | 'rev' | 'createdAt' | 'updatedAt' | 'dueAt' | 'incoming' | 'idempotencyId'
>;

/** The bytes of a direct upload come later: where to, and until when (epoch milliseconds) they may be completed. */
export interface Awaited {
  incoming: Incoming;
  until: number;
}

/**
 * A new record, `pending` and not written yet. The schedule looks at it when a form upload can no longer be going on,
 * or when a direct one can no longer be completed.
 */
export function pendingRecord<F extends FileRecord>(now: Date, file: NewFile<F>, awaited?: Awaited): F {
  const at = now.toISOString();
  const wait =
    awaited === undefined
      ? { dueAt: now.getTime() + requestIsOverAfterMs }
      : { incoming: awaited.incoming, expiresAt: awaited.until, dueAt: awaited.until };
  return { ...file, state: 'pending', rev: 1, createdAt: at, updatedAt: at, ...wait } as FileRecord as F;
}
