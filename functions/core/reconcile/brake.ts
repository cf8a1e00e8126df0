import { createHash } from 'node:crypto';
import { AppError } from '#core/files/errors.ts';
import type { Bucket } from '#core/files/ports.ts';
import type { Run } from './run.ts';

/** Why a run, or a part of it, did not do what it otherwise does. Nothing it names was touched. */
export interface Stop {
  reason: StopReason;
  bucket?: Bucket;
  /** What to do about it. */
  message: string;
  /** How many suspects there are, and how many may go without somebody's word. */
  count?: number;
  limit?: number;
  /** Of a dry run: send it as `confirm` with `dryRun: false` to have it done all the same, until `confirmUntil`. */
  confirm?: string;
  confirmUntil?: string;
}

export type StopReason =
  | 'bucket_of_another_table'
  | 'table_restored'
  | 'bucket_without_marker'
  | 'bucket_unknown'
  | 'table_without_records'
  | 'too_many_orphans'
  | 'too_many_missing';

/** Where records outlive their objects there are no suspects at all, so that ten at once are a reason to look. */
const alwaysAllowed = 10;

/** Of a large bucket, one in a hundred. */
const allowedShare = 0.01;

/** And of the largest, no more than somebody can still look through. */
const neverMore = 1000;

/** How many suspects may go of so many things looked at. Their number, waiting ones too, not those that go in one run. */
export function limitOf(seen: number): number {
  return Math.max(alwaysAllowed, Math.min(neverMore, Math.floor(seen * allowedShare)));
}

/** How long an administrator may think about what a dry run showed, milliseconds. */
const confirmMs = 3_600_000;

/**
 * Stops for what `finding` describes, unless this run carries the receipt of a dry run that found exactly the same.
 * Answers whether it was confirmed. A dry run gets the receipt.
 */
export function stopUnlessConfirmed(run: Run, stop: Stop, finding: string): boolean {
  const { report, options, deps } = run;
  if (report.dryRun) {
    const until = deps.clock.now().getTime() + confirmMs;
    const confirm = receipt(run, finding, until);
    report.stopped.push({ ...stop, confirm, confirmUntil: new Date(until).toISOString() });
    return false;
  }
  const { confirm } = options;
  if (confirm !== undefined && confirm === receipt(run, finding, expiryOf(confirm))) {
    report.confirmed.push(stop.reason);
    return true;
  }
  report.stopped.push(stop);
  return false;
}

/** No secret: it only shows that somebody has seen what would be done, a short while ago. */
function receipt({ table }: Run, finding: string, until: number): string {
  const digest = createHash('sha256').update(`${table} ${finding} ${until}`).digest('hex').slice(0, 32);
  return `${until.toString(36)}.${digest}`;
}

const expiryOf = (confirm: string) => Number.parseInt(confirm, 36);

/** Throws `validation_failed` for what no dry run gave, or gave too long ago. */
export function checkConfirm(confirm: string | undefined, now: Date): void {
  if (confirm === undefined) return;
  const known = /^[0-9a-z]{8,9}\.[0-9a-f]{32}$/.test(confirm);
  if (known && expiryOf(confirm) > now.getTime()) return;
  const message = known ? 'is over' : 'unknown confirmation';
  throw new AppError('validation_failed', 'Run dry first and send the `confirm` of what stopped it, within the hour.', {
    details: { issues: [{ field: 'confirm', message }] },
  });
}
