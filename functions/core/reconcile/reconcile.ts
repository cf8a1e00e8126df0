import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { AppError } from '#core/files/errors.ts';
import type { Bucket, Clock, ObjectStore } from '#core/files/ports.ts';
import type { CounterRef, FileRecord, Scope, Usage } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import type { ObjectLister } from '#core/reconcile/ports.ts';
import { reconcileObjects } from './objects.ts';
import { reconcileRecords } from './records.ts';
import { emptyReport, type ReconcileReport } from './report.ts';
import { reconcileDue } from './what-is-due.ts';

/** What only reconcile asks of the table: reading it whole, and putting a counter right. */
export interface ReconcileStore {
  /** A page of the whole table: its records and counters. */
  scan(cursor: string | undefined): Promise<{ files: FileRecord[]; counters: CounterRef[]; cursor?: string }>;
  /** Sums the `pending` and `ready` records of a counter by their index, which may lag behind by moments. */
  recount(counter: CounterRef): Promise<Usage>;
  /** Sets the counter, only if it still holds `stored`. False when it moved meanwhile. */
  correct(counter: CounterRef, stored: Usage, actual: Usage): Promise<boolean>;
  /** The bucket keys of these records; a record that is gone is left out. */
  keysOf(fileIds: string[]): Promise<Map<string, { bucket: Bucket; key: string }>>;
}

/** Clean-ups whose message was lost: what is owed, and that it is owed anew. */
export interface OwedCleanups {
  listOwed(now: Date, limit: number): Promise<Scope[]>;
  oweCleanup(scope: Scope, now: Date): Promise<void>;
}

export interface ReconcileDeps {
  files: FileStore;
  store: ReconcileStore;
  objects: ObjectStore;
  lister: ObjectLister;
  /** The buckets there are; a role that falls back to another's bucket is left out. */
  buckets: Bucket[];
  lifecycle: OwedCleanups;
  queue: CleanupQueue;
  clock: Clock;
  /** Pauses until the index must have caught up, milliseconds. */
  pause: (milliseconds: number) => Promise<void>;
}

export interface ReconcileOptions {
  dryRun: boolean;
  cursor?: string | undefined;
  /** Milliseconds after which the run stops at the next page and says where. */
  budgetMs: number;
  /** Asks R2 for the object of every record; otherwise only of those written in the last hours. */
  everyObject: boolean;
}

/** Where a run stands: which part, and how far in it. */
export interface Position {
  part: 'due' | 'records' | 'objects';
  bucket?: number | undefined;
  after?: string | undefined;
}

/** One page of a part; the position after it, or undefined at the part's end. */
export type Step = (
  deps: ReconcileDeps,
  report: ReconcileReport,
  position: Position,
  options: ReconcileOptions,
) => Promise<Position | undefined>;

const parts: Record<Position['part'], { step: Step; next: Position['part'] | undefined }> = {
  due: { step: reconcileDue, next: 'records' },
  records: { step: reconcileRecords, next: 'objects' },
  objects: { step: reconcileObjects, next: undefined },
};

/**
 * Finds what drifted and, unless dry, puts it right (docs/design.md, "Flows"): what is overdue, counters against
 * records, records against objects, objects against records. Safe beside everything else that runs, and beside itself:
 * every repair is conditional. Throws `validation_failed` for a cursor it did not give.
 */
export async function reconcile(deps: ReconcileDeps, options: ReconcileOptions): Promise<ReconcileReport> {
  const report = emptyReport(options.dryRun);
  const deadline = deps.clock.now().getTime() + options.budgetMs;
  let position: Position | undefined = options.cursor === undefined ? { part: 'due' } : decode(options.cursor);
  while (position !== undefined) {
    if (deps.clock.now().getTime() >= deadline) return { ...report, cursor: encode(position) };
    const { step, next }: (typeof parts)[Position['part']] = parts[position.part];
    position = (await step(deps, report, position, options)) ?? (next && { part: next });
  }
  return { ...report, complete: true };
}

const encode = (position: Position) => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): Position {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const { part, bucket = 0, after = '' } = position;
    if (Object.hasOwn(parts, part) && Number.isInteger(bucket) && bucket >= 0 && typeof after === 'string') {
      return position;
    }
  } catch {
    // Falls through to the refusal: whatever it is, it is no cursor of ours.
  }
  throw unknownCursor();
}

/** For a cursor that nobody was given. */
export const unknownCursor = () =>
  new AppError('validation_failed', 'The cursor is not one that reconcile gave. Start without a cursor.', {
    details: { issues: [{ path: 'body.cursor', message: 'unknown cursor' }] },
  });
