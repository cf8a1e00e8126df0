import { AppError } from './errors.ts';
import { keyReused } from './idempotency.ts';
import { type RoomDeps, withRoom } from './make-room.ts';
import { quotaExceeded } from './over-limit.ts';
import type { FileRecord } from './record.ts';
import type { CounterLimit, IdempotencyClaim, ReserveResult } from './store.ts';

/** What an earlier request with the same Idempotency-Key, or for the same name, made. */
export interface Earlier {
  fileId: string;
  contentHash: string;
}

/** What a new record is reserved with; nothing, where nothing is counted and nobody repeats. */
export interface Reservation {
  /** The counters that must have room for it, the narrowest first, and what makes room in one that is full. */
  quota?: {
    limits: CounterLimit[];
    room: RoomDeps;
    /** What the same person began in the same place and did not finish: given up for this one when room is short. */
    ownPending?: () => Promise<FileRecord[]>;
  };
  idempotency?: IdempotencyClaim | undefined;
  /** What takes back a reservation whose answer was lost. */
  lost?: RoomDeps;
}

/** Where a record is reserved: the file store, or a capability's own that writes something beside it. */
export interface Reserving<F extends FileRecord = FileRecord> {
  reserve(file: F, limits: CounterLimit[], idempotency?: IdempotencyClaim): Promise<ReserveResult>;
}

/**
 * Begins the life of every file: its pending record and its quota in one transaction. Undefined when reserved; what an
 * earlier request made when this one repeats it.
 * Throws the quota code of the first of the limits that would pass, `not_found` when the file's owner is deleted.
 */
export async function reserve<F extends FileRecord>(
  store: Reserving<F>,
  file: F,
  { quota, idempotency, lost }: Reservation = {},
): Promise<Earlier | undefined> {
  const write = () => store.reserve(file, quota?.limits ?? [], idempotency);
  const reserved = quota === undefined ? write() : withRoom(quota.room, file.sizeBytes, write, quota.ownPending);
  const result = await reserved.catch(async (error: unknown) => {
    if (lost !== undefined && !isAnswer(error)) await abandon(lost, file);
    throw error;
  });
  switch (result.outcome) {
    case 'reserved':
      return undefined;
    case 'replayed':
      return result;
    case 'owner_deleted':
      throw ownerDeleted();
    case 'over_limit':
      throw quotaExceeded(result, file.sizeBytes);
  }
}

/** A refusal is the table's answer; anything else says nothing of whether the reservation landed. */
const isAnswer = (error: unknown) => error instanceof AppError && error.code !== 'temporarily_unavailable';

/**
 * Takes back what may have landed though its answer was lost: nobody knows of it, so nobody will finish it. Never throws:
 * when the table stays away, the record says when its time is over.
 */
async function abandon({ files, clock, scheduleDelete }: RoomDeps, { id }: FileRecord): Promise<void> {
  try {
    const landed = await files.get(id);
    if (landed === undefined || !(await files.release(landed, clock.now()))) return;
    await scheduleDelete(id);
  } catch {
    // Left to whoever needs the room, and to the schedule.
  }
}

/** Nothing may come in once the clean-up of its app, session or lock has begun. */
export const ownerDeleted = () =>
  new AppError('not_found', 'The app, session or lock of this upload is deleted. Nothing can be stored there.');

/** A key stands for one content. Throws `idempotency_key_reused`. */
export function requireSameContent(earlier: Earlier, claim: IdempotencyClaim | undefined): void {
  if (earlier.contentHash === claim?.contentHash) return;
  throw keyReused();
}
