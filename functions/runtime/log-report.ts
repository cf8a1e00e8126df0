import type { ReconcileReport } from '#core/reconcile/report.ts';
import { reconcileLines } from '#functions/routes.ts';
import { measure } from './invocation.ts';
import { log } from './log.ts';

/** Writes a run's report down. What it removed by its own judgement is never a mere INFO. */
export function logReport({ cursor: _, ...report }: ReconcileReport): void {
  measure('Orphans', report.objectsWithoutRecord.count + report.recordsWithoutObject.count);
  if (report.complete) measure('ReconcileRuns');
  const { stopped, failed, removed, counterDrift, confirmed } = report;
  if (stopped.length > 0) log('ERROR', reconcileLines.stopped, { stopped });
  const judged = removed.objectsWithoutRecord + removed.recordsWithoutObject + counterDrift.length + confirmed.length;
  log(failed.count + judged > 0 ? 'WARN' : 'INFO', reconcileLines.report, { report });
}
