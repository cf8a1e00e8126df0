import { expect, test } from 'vitest';
import type { Report } from '../../admin/src/api.ts';
import { findingsOf, joined } from '../../admin/src/views/reports.ts';

const none = { count: 0, examples: [] };

/** A report that found nothing, but for what is given. */
const report = (found: Partial<Report> = {}): Report => ({
  dryRun: true,
  complete: true,
  checked: { records: 10, counters: 2, objects: 20 },
  stuckPending: none,
  expired: none,
  stuckDeleting: none,
  unscanned: none,
  lateIncoming: none,
  owedCleanups: none,
  counterDrift: [],
  recordsWithoutObject: none,
  objectsWithoutRecord: none,
  waiting: { recordsWithoutObject: 0, objectsWithoutRecord: 0 },
  removed: { recordsWithoutObject: 0, objectsWithoutRecord: 0 },
  stopped: [],
  confirmed: [],
  repaired: 0,
  failed: none,
  ...found,
});

const usage = { usedBytes: 1, fileCount: 1 };

test('a run of several requests is one report, whose findings add up', () => {
  const sum = joined([
    report({ complete: false, cursor: 'c', expired: { count: 2, examples: ['a', 'b'] }, repaired: 2 }),
    report({
      expired: { count: 1, examples: ['c'] },
      counterDrift: [{ counter: { kind: 'app' }, stored: usage, actual: usage }],
      removed: { recordsWithoutObject: 1, objectsWithoutRecord: 2 },
      failed: { count: 1, examples: ['d'] },
      repaired: 4,
    }),
  ]);
  expect(sum).toMatchObject({
    complete: true,
    checked: { records: 20, counters: 4, objects: 40 },
    expired: { count: 3, examples: ['a', 'b', 'c'] },
    removed: { recordsWithoutObject: 1, objectsWithoutRecord: 2 },
    failed: { count: 1, examples: ['d'] },
    repaired: 6,
  });
  expect(sum && findingsOf(sum)).toBe(4);
});

test('a run without an answer yet has no report, and one that found nothing no findings', () => {
  expect(joined([])).toBeUndefined();
  expect(findingsOf(report())).toBe(0);
});
