import * as z from 'zod/mini';

const findings = z.object({ count: z.number(), examples: z.array(z.string()) });
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
  lateIncoming: findings,
  owedCleanups: findings,
  counterDrift: z.array(z.object({ counter: z.record(z.string(), z.string()), stored: usage, actual: usage })),
  recordsWithoutObject: findings,
  objectsWithoutRecord: findings,
  repaired: z.number(),
  failed: findings,
});
