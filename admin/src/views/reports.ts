import type { Report } from '../api.ts';

/** The parts of a report that are a count with examples, with what each means (docs/operating.md, "Reconcile"). */
export const parts = {
  stuckPending: 'Uploads that never finished',
  expired: 'Staged files whose time is over',
  stuckDeleting: 'Deleted files whose bytes are still there',
  lateIncoming: 'Bytes that came after their upload was over',
  unscanned: 'Files whose verdict never came',
  owedCleanups: 'Clean-ups that were asked for and not done',
  recordsWithoutObject: 'Records without an object',
  objectsWithoutRecord: 'Objects without a record',
} as const;
export type Part = keyof typeof parts;

/** One report of a run that took several requests; undefined before the first answer. */
export function joined(reports: Report[]): Report | undefined {
  const [first, ...rest] = reports;
  return first && rest.reduce(added, first);
}

function added(sum: Report, next: Report): Report {
  const total = <T extends Record<string, number>>(a: T, b: T) =>
    Object.fromEntries(Object.entries(a).map(([key, value]) => [key, value + (b[key] ?? 0)])) as T;
  const found = (part: Part | 'failed') => ({
    count: sum[part].count + next[part].count,
    examples: [...sum[part].examples, ...next[part].examples].slice(0, 50),
  });
  const counts = Object.fromEntries((Object.keys(parts) as Part[]).map((part) => [part, found(part)]));
  return {
    ...next,
    ...(counts as Record<Part, ReturnType<typeof found>>),
    checked: total(sum.checked, next.checked),
    counterDrift: [...sum.counterDrift, ...next.counterDrift],
    // What is still waiting is told anew each time; what went, adds up.
    removed: total(sum.removed, next.removed),
    stopped: [...sum.stopped, ...next.stopped],
    confirmed: [...new Set([...sum.confirmed, ...next.confirmed])],
    repaired: sum.repaired + next.repaired,
    failed: found('failed'),
  };
}

/** How much drifted in all. */
export const findingsOf = (report: Report): number =>
  report.counterDrift.length + (Object.keys(parts) as Part[]).reduce((sum, part) => sum + report[part].count, 0);
