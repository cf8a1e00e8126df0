import type { Bucket } from '#core/files/ports.ts';
import type { CounterRef, FileRecord, Usage } from '#core/files/record.ts';
import type { Page, PageRequest } from '#core/files/store.ts';
import type { ReconcileReport } from './report.ts';

/** A counter as it is stored. */
export interface StoredCounter extends Usage {
  /** ISO 8601: when it last moved; unknown of one that has not moved since this was written down. */
  movedAt?: string;
}

export interface ScannedCounter {
  counter: CounterRef;
  /** As in {@link StoredCounter}. */
  movedAt?: string | undefined;
  /** What it held then. */
  usage: Usage;
}

/** What only reconcile asks of the table: reading it whole, and putting a counter right. */
export interface ScanStore {
  /** A page of the whole table: its records and counters, and the apps that have settings, a key or a counter in it. */
  scan(
    cursor: string | undefined,
  ): Promise<{ files: FileRecord[]; counters: ScannedCounter[]; apps: string[]; cursor?: string }>;
  /** Whether the table has the record of any file. */
  hasRecords(): Promise<boolean>;
  /** Strongly consistent. */
  counter(counter: CounterRef): Promise<StoredCounter>;
  /** Sums the `pending` and `ready` records of a counter by their index, which may lag behind by moments. */
  recount(counter: CounterRef): Promise<Usage>;
  /** Sets the counter, only if it is still exactly as `stored`. False when it moved meanwhile. */
  correct(counter: CounterRef, stored: StoredCounter, actual: Usage, now: Date): Promise<boolean>;
  /** Writes down that a counter of unknown age stands still from `now` on, if it is still as `stored`. */
  startWatch(counter: CounterRef, stored: StoredCounter, now: Date): Promise<void>;
  /** The bucket keys of these records; a record that is gone is left out. */
  keysOf(fileIds: string[]): Promise<Map<string, { bucket: Bucket; key: string }>>;
}

/** What reconcile keeps in the table between its runs. */
export interface RunState {
  /** The table that was bound to the buckets, by the name DynamoDB gave this one table; undefined before the first run. */
  table?: string;
  /**
   * Grows with every run, here first and in the default bucket's marker after. A copy of an earlier time therefore
   * holds a smaller number than the bucket, whatever its name.
   */
  generation: number;
  /** Buckets that have a marker. */
  buckets: Bucket[];
  /** Where the scheduled run goes on; undefined when it begins anew. */
  cursor?: string;
  /** Epoch milliseconds: when the pass that `cursor` belongs to began, and when the last completed one had begun. */
  passStartedAt?: number;
  lastPassStartedAt?: number;
  /** Epoch milliseconds: when the first pass began that wrote every usage down (see `noteUsage`). */
  usageSince?: number;
  /** The day whose usage is noted, and the app behind which that goes on; undefined when all are. */
  usageDay?: string;
  usageAfter?: string;
  /** Of each list of suspects, epoch milliseconds: an administrator has confirmed those first seen until then. */
  confirmedThrough: Record<string, number>;
}

/** The lease that lets one run work at a time, and what it keeps. */
export interface RunStore {
  /** Which table this is. Another one answers otherwise, a restored or newly made table of the same name too. */
  tableId(): Promise<string>;
  state(): Promise<RunState>;
  /** Takes the lease until `until`, or answers until when another has it. Epoch milliseconds. */
  acquire(runId: string, now: number, until: number): Promise<{ busyUntil: number } | { state: RunState }>;
  /** Holds the lease until `until` and writes `changes`; false when another run has taken it over. */
  keep(runId: string, until: number, changes: Partial<RunState>): Promise<boolean>;
  /** Gives the lease back. Nothing happens when another has it. */
  release(runId: string): Promise<void>;
}

/** Suspects of one kind: objects of a bucket without record, uploads in parts without record, or records without object. */
export type SuspectList = `orphans ${Bucket}` | 'uploads' | 'missing';

/** Something that looks as if it should go, and since when. */
export interface Suspect {
  /** An object's key, the key of an upload in parts, or a file's id. */
  name: string;
  /** Epoch milliseconds. */
  firstSeenAt: number;
}

/** Suspects wait in the table until they have been suspect for days. */
export interface SuspectStore {
  /** Keeps the first time of those it knows. */
  suspect(list: SuspectList, names: string[], now: Date): Promise<void>;
  /** A page in the order of names. */
  suspects(list: SuspectList, after: string | undefined): Promise<{ suspects: Suspect[]; next?: string }>;
  /** No longer suspect, or gone. */
  clear(list: SuspectList, name: string): Promise<void>;
}

/** What reconcile writes down for administrators, on its way through the table. */
export interface UsageNotes {
  /** Enters apps that are in no list yet; how many those were. */
  registerApps(appIds: string[]): Promise<number>;
  /** Those counters of sessions and staging users that are not noted as they are. */
  changedUsages(counters: ScannedCounter[]): Promise<ScannedCounter[]>;
  noteUsage(counter: ScannedCounter): Promise<void>;
  /** A page of all apps. */
  apps(after: string | undefined): Promise<{ appIds: string[]; next?: string }>;
  /** What an app uses on a day, once a day. */
  noteDay(appId: string, day: string, now: Date): Promise<void>;
}

/** What a run found, as it is kept for a month. */
export interface KeptReport {
  /** Sorts by time. */
  id: string;
  by: 'schedule' | 'administrator';
  /** ISO 8601. */
  startedAt: string;
  endedAt: string;
  /** Of counters that drifted the first fifty. */
  report: ReconcileReport;
}

/** Reports of runs that were not dry. */
export interface ReportStore {
  keepReport(report: KeptReport): Promise<void>;
  /** Newest first. Throws `validation_failed` for a cursor it did not give. */
  listReports(page: PageRequest): Promise<Page<KeptReport>>;
}

export type ReconcileStore = ScanStore & RunStore & SuspectStore & UsageNotes & Pick<ReportStore, 'keepReport'>;
