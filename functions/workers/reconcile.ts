import { AppError } from '#core/errors.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileLines } from '#functions/routes.ts';
import { log } from '#http/log.ts';
import { logReport } from '#http/reconcile-view.ts';
import { reconcileDeps } from '#runtime/container.ts';

/** Of the fifteen minutes the function may run; the rest is for the page it is at. */
const budgetMs = 13 * 60_000;

/**
 * Every hour: finds what the alarms and the queue missed and puts it right. A run that does not get through is gone on with
 * by the next, after what is overdue. One that is refused says so at ERROR, which rings; trying again would not help.
 */
export const handler = async (): Promise<void> => {
  try {
    logReport(await reconcile(reconcileDeps(), { dryRun: false, budgetMs, everyObject: false, resume: true }));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'reconcile_refused') log('ERROR', reconcileLines.stopped, { ...error.details });
    else if (error.code === 'reconcile_running') log('WARN', 'reconcile left to another run');
    else throw error;
  }
};
