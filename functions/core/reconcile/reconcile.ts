import { AppError } from '#core/files/errors.ts';
import { bind } from './binding.ts';
import { checkConfirm } from './brake.ts';
import { keepingReport } from './kept.ts';
import { reconcileObjects } from './objects.ts';
import { reconcileRecords } from './records.ts';
import { emptyReport, type ReconcileReport } from './report.ts';
import {
  isOverTime,
  type Position,
  type ReconcileDeps,
  type ReconcileOptions,
  type Run,
  type Step,
  withLease,
} from './run.ts';
import { settleMissing, settleOrphans } from './suspects.ts';
import { reconcileUploads, settleUploads } from './uploads.ts';
import { noteDay } from './usage.ts';
import { reconcileDue } from './what-is-due.ts';

const parts: Record<Position['part'], Step> = {
  due: reconcileDue,
  records: reconcileRecords,
  missing: settleMissing,
  objects: reconcileObjects,
  orphans: settleOrphans,
  uploads: reconcileUploads,
  strayUploads: settleUploads,
};

/**
 * Finds what drifted and, unless dry, puts it right (docs/design.md, "Flows"): what is overdue, counters against
 * records, records against objects, objects against records. Safe beside everything else that runs: every repair is
 * conditional, and one run works at a time.
 *
 * What it concludes from table and bucket together is believed late and only so far: both must belong together (see
 * `binding.ts`), a suspect must have been one for days (`suspects.ts`), and many at once are not believed without an
 * administrator's word (`brake.ts`).
 *
 * Throws `validation_failed` for a cursor or confirmation it did not give, `reconcile_running` while another run works, and
 * `reconcile_refused`, nothing touched, where bucket and table do not belong together.
 */
export async function reconcile(deps: ReconcileDeps, options: ReconcileOptions): Promise<ReconcileReport> {
  const now = deps.clock.now();
  checkConfirm(options.confirm, now);
  const start: Position = options.cursor === undefined ? { part: 'due' } : decode(options.cursor);
  const deadline = now.getTime() + options.budgetMs;
  const table = await deps.store.tableId();
  const begin = (state: Run['state'], keep: Run['keep']) =>
    walk({ deps, options, report: emptyReport(options.dryRun), table, state, deadline, keep }, start);
  return await keepingReport(deps, options, async () =>
    options.dryRun ? await begin(await deps.store.state(), async () => {}) : await withLease(deps, begin),
  );
}

async function walk(run: Run, start: Position): Promise<ReconcileReport> {
  const { report, options } = run;
  await bind(run);
  let position: Position | undefined = start;
  while (position !== undefined) {
    if (isOverTime(run)) return { ...report, cursor: encode(position) };
    const last: Position['part'] = position.part;
    position = await parts[last](run, position);
    if (options.resume === true && last === 'due' && position?.part === 'records') {
      await noteDay(run);
      position = await resume(run);
    } else if (options.resume === true && position?.part !== 'due') await remember(run, position);
    else await run.keep();
  }
  return { ...report, complete: true };
}

/** Where the last scheduled run stopped; what is due came first. Otherwise a new pass, when it is time for one. */
async function resume({ state, deps, options, keep }: Run): Promise<Position | undefined> {
  const position = state.cursor === undefined ? undefined : read(state.cursor);
  if (position !== undefined) return position;
  const passStartedAt = deps.clock.now().getTime();
  const { passEveryMs = 0 } = options;
  if (passStartedAt - (state.lastPassStartedAt ?? Number.NEGATIVE_INFINITY) < passEveryMs) return undefined;
  await keep({ passStartedAt, usageSince: state.usageSince ?? passStartedAt });
  return { part: 'records' };
}

/** Page by page, so that a run that is killed costs no more than its last page. */
async function remember({ state, keep }: Run, position: Position | undefined): Promise<void> {
  if (position !== undefined) return await keep({ cursor: encode(position) });
  const { passStartedAt } = state;
  await keep({ cursor: undefined, passStartedAt: undefined, lastPassStartedAt: passStartedAt });
}

const encode = (position: Position) => Buffer.from(JSON.stringify(position)).toString('base64url');

function decode(cursor: string): Position {
  const position = read(cursor);
  if (position === undefined) throw unknownCursor();
  return position;
}

function read(cursor: string): Position | undefined {
  try {
    const position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const { part, after = '', bucket = 0, counters = 0, seen = 0 } = position;
    const counted = [bucket, counters, seen].every((count) => Number.isInteger(count) && count >= 0);
    if (Object.hasOwn(parts, part) && counted && typeof after === 'string') return position;
  } catch {
    // Whatever it is, it is no cursor of ours.
  }
  return undefined;
}

/** For a cursor that nobody was given. */
export const unknownCursor = () =>
  new AppError('validation_failed', 'The cursor is not one that reconcile gave. Start without a cursor.', {
    details: { issues: [{ field: 'cursor', message: 'unknown cursor' }] },
  });
