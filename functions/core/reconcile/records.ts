import { type FileRecord, objectOf } from '#core/files/record.ts';
import { checkCounter } from './counters.ts';
import { note } from './report.ts';
import { inTurns, isOverTime, parallel, type Run, type Step } from './run.ts';
import { withoutObject } from './suspects.ts';
import { noteUsage } from './usage.ts';

/** A record written while the pass before went on may have been missed by it; this much more for clocks. */
const overlapMs = 2 * 3_600_000;

/** One page of the table: every counter against its records, ready records against their objects. */
export const reconcileRecords: Step = async (run, position) => {
  const { deps, report, options, state } = run;
  const page = await deps.store.scan(position.after);
  const { counters = 0, seen = 0 } = position;
  if (counters === 0 && !report.dryRun) await noteUsage(run, page);
  // Counters of the page one turn after the other: those of large apps take long, and the run may end between.
  const since = options.everyObject ? 0 : (state.lastPassStartedAt ?? 0) - overlapMs;
  // What was right, and did not move since, is right: most slices of most apps.
  const moved = page.counters.filter(({ movedAt }) => movedAt === undefined || Date.parse(movedAt) >= since);
  for (let start = counters; start < moved.length; start += parallel) {
    if (start > counters && isOverTime(run)) return { ...position, counters: start };
    const turn = moved.slice(start, start + parallel);
    report.checked.counters += turn.length;
    await inTurns(run, turn, (scanned) => checkCounter(run, scanned));
  }

  report.checked.records += page.files.length;
  const ready = page.files.filter((file) => file.state === 'ready' && Date.parse(file.updatedAt) >= since);
  const missing: string[] = [];
  await inTurns(run, ready, async (file) => {
    if (await isMissing(run, file)) missing.push(file.id);
  });
  for (const id of missing) note(report.recordsWithoutObject, id);
  if (!report.dryRun && missing.length > 0) await deps.store.suspect('missing', missing, deps.clock.now());
  const next = { seen: seen + page.files.length };
  if (page.cursor === undefined) return { part: 'missing', ...next };
  return { part: 'records', after: page.cursor, ...next };
};

/** The one question first that almost every record answers; a record deleted since the scan is no finding. */
async function isMissing(run: Run, file: FileRecord): Promise<boolean> {
  if ((await run.deps.objects.head(objectOf(file))) !== undefined) return false;
  return (await withoutObject(run, file.id)) !== undefined;
}
