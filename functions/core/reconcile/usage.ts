import { dayOf } from '#core/files/day.ts';
import { fail } from './report.ts';
import { inTurns, isOverTime, type Run } from './run.ts';
import type { ScannedCounter } from './stores.ts';

/**
 * Writes down what administrators list and no index holds, of a page of the table: which apps there are, and what sessions and
 * staging users use. A counter that stands still was written down by an earlier pass, so a run writes one item for each that
 * moved. Nothing depends on it but those lists.
 */
export async function noteUsage(run: Run, page: { apps: string[]; counters: ScannedCounter[] }): Promise<void> {
  const { deps, state } = run;
  const isWhole = state.usageSince === undefined || (state.lastPassStartedAt ?? 0) < state.usageSince;
  const since = (state.lastPassStartedAt ?? 0) - overlapMs;
  const counters = page.counters.filter(
    ({ movedAt }) => isWhole || movedAt === undefined || Date.parse(movedAt) >= since,
  );
  // Apps that were there before they were listed; today's usage of all is noted once more, with theirs.
  if ((await deps.store.registerApps(page.apps)) > 0) await run.keep({ usageDay: undefined });
  const changed = await deps.store.changedUsages(counters);
  await inTurns(run, changed, async (counter) => await deps.store.noteUsage(counter));
}

/** As long as the pass before may have missed what moved while it went on; this much more for clocks. */
const overlapMs = 2 * 3_600_000;

/** Once a day, by the first of its hourly runs: what each app uses. One read of its counter and one write an app. */
export async function noteDay(run: Run): Promise<void> {
  const { deps, state } = run;
  const now = deps.clock.now();
  const day = dayOf(now);
  const isBegun = state.usageDay === day;
  if (isBegun && state.usageAfter === undefined) return;
  for (let after = isBegun ? state.usageAfter : undefined; !isOverTime(run); ) {
    const { appIds, next } = await deps.store.apps(after);
    await inTurns(run, appIds, async (appId) => {
      try {
        await deps.store.noteDay(appId, day, now);
      } catch (error) {
        fail(run.report, `usage of ${appId}`, error);
      }
    });
    await run.keep({ usageDay: day, usageAfter: next });
    if (next === undefined) return;
    after = next;
  }
}
