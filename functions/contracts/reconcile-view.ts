import * as z from 'zod/mini';

const findings = z.object({ count: z.number(), examples: z.array(z.string()) });
const suspects = z.object({ recordsWithoutObject: z.number(), objectsWithoutRecord: z.number() });
const stop = z.object({
  reason: z.string(),
  bucket: z.optional(z.string()),
  message: z.string(),
  count: z.optional(z.number()),
  limit: z.optional(z.number()),
  confirm: z.optional(z.string()),
  confirmUntil: z.optional(z.string()),
});
const usage = z.object({ usedBytes: z.number(), fileCount: z.number() });

/** The report of a reconcile run; see `ReconcileReport` for what each part means. */
export const reconcileAnswer = z.object({
  dryRun: z.boolean(),
  complete: z.boolean(),
  cursor: z.optional(z.string()),
  checked: z.object({ records: z.number(), counters: z.number(), objects: z.number() }),
  stuckPending: findings,
  expired: findings,
  stuckDeleting: findings,
  unscanned: findings,
  lateIncoming: findings,
  owedCleanups: findings,
  counterDrift: z.array(
    z.object({ counter: z.record(z.string(), z.union([z.string(), z.number()])), stored: usage, actual: usage }),
  ),
  recordsWithoutObject: findings,
  objectsWithoutRecord: findings,
  waiting: suspects,
  removed: suspects,
  stopped: z.array(stop),
  confirmed: z.array(z.string()),
  repaired: z.number(),
  failed: findings,
});

/** A report as it is kept. */
export const keptReportAnswer = z.object({
  id: z.string(),
  by: z.enum(['schedule', 'administrator']),
  startedAt: z.string(),
  endedAt: z.string(),
  report: reconcileAnswer,
});
