import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileDeps } from '#runtime/container.ts';
import { log } from '#runtime/log.ts';

/** Of the fifteen minutes the function may run; the rest is for the page it is at. */
const budgetMs = 13 * 60_000;

/**
 * Every hour: finds what the alarms and the queue missed and puts it right. A run that does not get through says so in
 * its line; what is overdue always comes first, so nothing urgent waits for the next.
 */
export const handler = async (): Promise<void> => {
  const { cursor: _, ...report } = await reconcile(reconcileDeps(), { dryRun: false, budgetMs, everyObject: false });
  log(report.failed.count > 0 ? 'WARN' : 'INFO', 'reconcile', { report });
};
