import type { AuditEntry } from '#core/files/audit.ts';
import type { IncomingMarker } from '#core/files/incoming-marker.ts';
import type { CounterRef, ExtensionFile, FileRecord, Scope, Usage } from '#core/files/record.ts';

/** A counter with the limits it may reach, in bytes and, where there is one, in files. */
export interface CounterLimit {
  counter: CounterRef;
  limitBytes: number;
  limitFiles?: number | undefined;
  /** Of an app: which of its limits this is, so that an older one is not put in place of a newer one. */
  revision?: number | undefined;
}

/** A counter that said no, as it stood. */
export interface OverLimit extends CounterLimit {
  outcome: 'over_limit';
  usedBytes: number;
  usedFiles: number;
}

/** Remembers what a repeated request was answered with: same key and same content, same file. */
export interface IdempotencyClaim {
  /** Names caller, route and the caller's key; hashed by whoever builds it. */
  id: string;
  /** SHA-256 of what was sent, so that the same key with other content is told apart. */
  contentHash: string;
}

export type ReserveResult =
  | { outcome: 'reserved' }
  | OverLimit
  | { outcome: 'replayed'; fileId: string; contentHash: string }
  /** The app, session or lock is deleted: nothing may come in after its clean-up began. */
  | { outcome: 'owner_deleted' };

export type SettleResult =
  | { outcome: 'ready' }
  /** The record is no longer at the revision named: somebody else finished or released the upload. */
  | { outcome: 'moved' }
  | { outcome: 'owner_deleted' }
  | OverLimit;

export interface Page<T> {
  items: T[];
  /** Opaque; present when there is more. */
  cursor?: string;
}

/** What follows the cursor, or the beginning; at most `limit` items. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** The session a caller acts in, with its app and its lock. */
export interface SessionRef {
  appId: string;
  sessionId: string;
  lockId: string;
}

/** What a list shows of a file, and what tells whose it is: less than half of its record. */
export const listedFields = [
  'id',
  'appId',
  'sessionId',
  'lockId',
  'bucket',
  'key',
  'originalName',
  'mimeType',
  'sizeBytes',
  'purpose',
  'createdAt',
  'image',
  'presets',
  'staged',
  'draftId',
  'expiresAt',
] as const satisfies (keyof ExtensionFile)[];

export type ListedFile = Pick<ExtensionFile, (typeof listedFields)[number]>;

/** What whoever shows files asks; a function that only reads has this of the store and nothing of its writes. */
export interface FileReader {
  /** Strongly consistent. */
  get(fileId: string): Promise<FileRecord | undefined>;
  /** Newest first, what is ready: the session's own, and what the template has that its lock is a clone of. */
  listBySession(session: SessionRef, page: PageRequest): Promise<Page<ListedFile>>;
  /** Whether a lock that lives is a clone of this template; strongly consistent. */
  isCloneOf(lockId: string, templateId: string): Promise<boolean>;
  /** Newest first, expired ones too. All, for the quota; their number is limited. */
  listStaged(appId: string, userId: string): Promise<ExtensionFile[]>;
  /** Strongly consistent; zero when nothing was ever counted. Of an app, all its slices together, whichever is named. */
  usage(counter: CounterRef): Promise<Usage>;
}

/**
 * Records and counters. Each method is one conditional step of the state machine (docs/design.md, "State machine"): it
 * happens whole or not at all, and doing it again changes nothing.
 */
export interface FileStore extends FileReader {
  /** Writes the `pending` record and raises its counters, or refuses without a trace. One transaction. */
  reserve(file: FileRecord, limits: CounterLimit[], idempotency?: IdempotencyClaim): Promise<ReserveResult>;
  /** `pending -> ready`. False when the record is no longer at this revision. */
  markReady<F extends FileRecord>(file: F, now: Date): Promise<F | undefined>;
  /**
   * `pending -> ready` of a direct upload, to `next` (see `settled`): its counters move by what the stored size differs
   * from the declared one, upwards only within `limits`, and its marker is left. One transaction.
   */
  settle(file: FileRecord, next: FileRecord, limits: CounterLimit[]): Promise<SettleResult>;
  /**
   * `pending | ready -> deleting`, lowering its counters, leaving the marker of a direct upload and freeing the
   * Idempotency-Key of a form upload that never finished. One transaction. False when the record is no longer at this
   * revision: whoever moved it decides, and the counters were lowered by them or not at all. With an `entry`, of what an
   * administrator deletes, in the same transaction.
   */
  release(file: FileRecord, now: Date, entry?: AuditEntry): Promise<boolean>;
  /**
   * `release` of many files in one transaction where none moved meanwhile, else one by one; gives those that it released.
   * At most 16.
   */
  releaseAll<F extends FileRecord>(files: F[], now: Date): Promise<F[]>;
  /** Another fact of a record that changes neither its state nor its counters nor its lists. False when it moved. */
  amend(file: FileRecord, next: FileRecord): Promise<boolean>;
  /** When the schedule looks at a `deleting` record again, epoch milliseconds: its bucket gives the object out no sooner. */
  postpone(fileId: string, dueAt: number): Promise<void>;
  /** Drops a `deleting` record. Only after its object is gone. */
  remove(fileId: string): Promise<void>;
  /** The files of a scope by their index, oldest first, in any state but `deleting`. */
  listByScope(scope: Scope, page: PageRequest): Promise<Page<FileRecord>>;
  /** Records whose `dueAt` has passed, soonest first; of one app or session, or of all. A page of each shard. */
  listDue(now: Date, options: { appId?: string; sessionId?: string; limit: number }): Promise<FileRecord[]>;
  /** Markers of direct uploads whose time has come, soonest first. */
  listDueIncoming(now: Date, limit: number): Promise<IncomingMarker[]>;
  /** Drops a marker. Only after its objects are gone. */
  removeIncoming(fileId: string): Promise<void>;
  /**
   * Brings a counter to a limit that has just changed, ahead of the uploads that would do it, and answers what it holds.
   * Only an app's counter knows its limit.
   */
  applyLimit(limit: CounterLimit): Promise<Usage>;
  /** What an earlier request with this key was answered with. */
  findIdempotent(id: string, now: Date): Promise<{ fileId: string; contentHash: string } | undefined>;
}
