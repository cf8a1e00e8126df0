import { dayOf } from '#core/files/day.ts';
import type { Clock } from '#core/files/ports.ts';
import type { CounterRef, Usage } from '#core/files/record.ts';
import type { FileReader, Page, PageRequest } from '#core/files/store.ts';

/** What an app used on a day (`2026-01-31`, in UTC), as it was at some moment of it (ISO 8601). */
export interface DailyUsage extends Usage {
  day: string;
  at: string;
}

/** What an app's sessions, or the users who stage in it, use. */
export interface NamedUsage extends Usage {
  id: string;
}

/** What reconcile wrote down of an app's usage while it read the counters. */
export interface UsageHistory {
  /** Ids by what they used when reconcile last saw them move, the most first. Throws `validation_failed` for an unknown cursor. */
  largest(kind: 'session' | 'staged', appId: string, page: PageRequest): Promise<Page<string>>;
  /** What the counters hold now, eventually consistent, in the order given. */
  now(counters: CounterRef[]): Promise<Usage[]>;
  /** Newest first; `cursor` is a day. */
  days(appId: string, page: PageRequest): Promise<Page<DailyUsage>>;
}

/**
 * What sessions or staging users use now, in the order of what they used when reconcile last passed them: at most an hour ago
 * as a rule. One that is back at nothing is left out, so a page may be short.
 */
export async function usageBy(
  history: UsageHistory,
  kind: 'session' | 'staged',
  appId: string,
  page: PageRequest,
): Promise<Page<NamedUsage>> {
  const { items: ids, cursor } = await history.largest(kind, appId, page);
  const counters = ids.map(
    (id): CounterRef => (kind === 'session' ? { kind, appId, sessionId: id } : { kind, appId, userId: id }),
  );
  const usages = await history.now(counters);
  const items = ids.map((id, index) => ({ id, ...(usages[index] ?? { usedBytes: 0, fileCount: 0 }) }));
  return { items: items.filter(({ fileCount }) => fileCount > 0), ...(cursor !== undefined && { cursor }) };
}

/** Usage over time, newest first: today as it is now, every day before as reconcile first saw it that day. */
export async function usageByDay(
  { history, files, clock }: { history: UsageHistory; files: FileReader; clock: Clock },
  appId: string,
  page: PageRequest,
): Promise<Page<DailyUsage>> {
  // Behind today, whose own note says less than the counter.
  if (page.cursor !== undefined) return await history.days(appId, page);
  const now = clock.now();
  const day = dayOf(now);
  const usage = await files.usage({ kind: 'app', appId });
  const today = { day, at: now.toISOString(), ...usage };
  if (page.limit === 1) return { items: [today], cursor: day };
  const before = await history.days(appId, { limit: page.limit - 1, cursor: day });
  return { ...before, items: [today, ...before.items] };
}
