import type { Usage } from '#core/files/record.ts';
import type { Run } from './run.ts';
import type { ScannedCounter } from './stores.ts';

/**
 * A counter is summed by an index, which may be behind the table by seconds, in bad hours by minutes. What moved more
 * recently than this cannot be judged, so it is not.
 */
const standsStillMs = 15 * 60_000;

/**
 * One counter against its records. It is wrong only when it differs, has not moved for a quarter of an hour, and does not
 * move while we look: then every record it counts has long been in the index. The correction is refused when it moves
 * after all. A sum of sizes is never negative, so no corrected counter is.
 */
export async function checkCounter({ deps, report }: Run, { counter, ...scanned }: ScannedCounter): Promise<void> {
  const { store, clock } = deps;
  // It can only have moved since: of a busy app's hundred slices nothing need be read.
  if (scanned.movedAt !== undefined && !isStill(scanned.movedAt, clock.now())) return;
  const stored = await store.counter(counter);
  if (stored.movedAt !== undefined && !isStill(stored.movedAt, clock.now())) return;
  const actual = await store.recount(counter);
  const { usedBytes, fileCount, movedAt } = stored;
  if (same(stored, actual)) return;
  const now = clock.now();
  // Of a counter that was last moved before this was written down nobody knows when: the wait begins.
  if (movedAt === undefined) {
    if (!report.dryRun) await store.startWatch(counter, stored, now);
    return;
  }
  if (!report.dryRun) {
    // Moved while it was summed: the sum says nothing about it now.
    if (!(await store.correct(counter, stored, actual, now))) return;
    report.repaired += 1;
    deps.log('WARN', 'reconcile corrected a counter', { counter, stored, actual });
  }
  report.counterDrift.push({ counter, stored: { usedBytes, fileCount }, actual });
}

const isStill = (movedAt: string, now: Date) => now.getTime() - Date.parse(movedAt) >= standsStillMs;

const same = (a: Usage, b: Usage) => a.usedBytes === b.usedBytes && a.fileCount === b.fileCount;
