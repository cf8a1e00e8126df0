import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { AppError } from '#core/files/errors.ts';
import type { Bucket, Clock, ObjectStore } from '#core/files/ports.ts';
import type { ScanQueue } from '#core/files/scan.ts';
import type { FileStore } from '#core/files/store.ts';
import type { ObjectLister, OwedCleanups } from './ports.ts';
import type { ReconcileReport } from './report.ts';
import type { ReconcileStore, RunState } from './stores.ts';

export interface ReconcileDeps {
  files: FileStore;
  store: ReconcileStore;
  objects: ObjectStore;
  lister: ObjectLister;
  /** The buckets there are, the default one first; a role that falls back to another's bucket is left out. */
  buckets: Bucket[];
  lifecycle: OwedCleanups;
  queue: CleanupQueue;
  scans?: ScanQueue | undefined;
  clock: Clock;
  /** How long a suspect must have been one before it goes, milliseconds. */
  graceMs: number;
  log: (level: 'INFO' | 'WARN' | 'ERROR', message: string, facts: Record<string, unknown>) => void;
}

export interface ReconcileOptions {
  dryRun: boolean;
  cursor?: string | undefined;
  /** Milliseconds after which the run stops at the next page and says where. */
  budgetMs: number;
  /** Asks R2 for the object of every record; otherwise only of those written since the pass before began. */
  everyObject: boolean;
  /** The schedule's: goes on where the last such run stopped, after what is due. */
  resume?: boolean;
  /** The schedule begins no pass earlier than this after the one before began: each reads the table and every bucket whole. */
  passEveryMs?: number;
  /** What a dry run gave for what stopped it: an administrator has seen that and wants it. */
  confirm?: string | undefined;
}

/** Where a run stands: which part, and how far in it. */
export interface Position {
  part: 'due' | 'records' | 'missing' | 'objects' | 'orphans' | 'uploads' | 'strayUploads';
  /** Index of the bucket. */
  bucket?: number | undefined;
  after?: string | undefined;
  /** Counters of the page that are done: a page may take longer than the run has. */
  counters?: number | undefined;
  /** Records, or objects of the bucket, that were looked at so far: what a share is of. */
  seen?: number | undefined;
}

/** What the parts of one run share. */
export interface Run {
  deps: ReconcileDeps;
  options: ReconcileOptions;
  report: ReconcileReport;
  table: string;
  state: RunState;
  /** Epoch milliseconds. */
  deadline: number;
  /** Holds the lease, and writes down what changed; a dry run, which changes nothing, needs none. Throws `reconcile_running` when it is lost. */
  keep(changes?: Partial<RunState>): Promise<void>;
}

/** One page of a part; the position after it, or undefined at the end of all. */
export type Step = (run: Run, position: Position) => Promise<Position | undefined>;

export const isOverTime = ({ deps, deadline }: Run): boolean => deps.clock.now().getTime() >= deadline;

/** After so long without a sign of a run another takes its turn, milliseconds: soon after one was killed. */
const leaseMs = 30_000;

/**
 * Takes the lease, hands `work` the means to keep it, and gives it back whatever happens. A run that was frozen long
 * enough to lose it finds out at its next page, and touches nothing more. Throws `reconcile_running`.
 */
export async function withLease<T>(
  { store, clock }: ReconcileDeps,
  work: (state: RunState, keep: (changes?: Partial<RunState>) => Promise<void>) => Promise<T>,
): Promise<T> {
  const runId = crypto.randomUUID();
  const now = clock.now().getTime();
  const lease = await store.acquire(runId, now, now + leaseMs);
  if ('busyUntil' in lease) throw running(Math.ceil((lease.busyUntil - now) / 1000));
  const { state } = lease;
  let keptAt = now;
  try {
    return await work(state, async (changes) => {
      const at = clock.now().getTime();
      if (changes === undefined && at - keptAt < leaseMs / 4) return;
      if (!(await store.keep(runId, at + leaseMs, changes ?? {}))) throw running(leaseMs / 1000);
      keptAt = at;
      Object.assign(state, changes);
    });
  } finally {
    // What cannot be given back now runs out.
    await store.release(runId).catch(() => undefined);
  }
}

const running = (seconds: number) =>
  new AppError('reconcile_running', 'Another reconcile is at work. Wait for it to end, then call again.', {
    retryAfterSeconds: Math.max(1, seconds),
  });

/** Works at `items` a few at a time, and holds the lease between. */
export async function inTurns<T>(run: Run, items: T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += parallel) {
    await run.keep();
    await Promise.all(items.slice(start, start + parallel).map(work));
  }
}

/** Counters, and requests to R2, at the same time. */
export const parallel = 16;
