import { AppError } from '#core/files/errors.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { reconcileLines } from '#functions/routes.ts';
import { passEveryMs, reconcileDeps } from '#runtime/container-reconcile.ts';
import { withDeadline } from '#runtime/deadline.ts';
import { log } from '#runtime/log.ts';
import { logReport } from '#runtime/log-report.ts';

/** Of the fifteen minutes the function may run; the rest is for waiting, and for the page it is at. */
const budgetMs = 12 * 60_000;

/** An administrator's run is short, and the turn of one that was killed ends soon: worth waiting for, twice. */
const mostTries = 3;

/**
 * Every hour: finds what the alarms and the queue missed and puts it right. A run that does not get through is gone on with
 * by the next, after what is overdue. One that is refused says so at ERROR, which rings; trying again would not help.
 */
export const handler = withDeadline(async (): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const options = { dryRun: false, budgetMs, everyObject: false, resume: true, passEveryMs: passEveryMs() };
      logReport(await reconcile(reconcileDeps(), options));
      return;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'reconcile_refused') return log('ERROR', reconcileLines.stopped, { ...error.details });
      if (error.code !== 'reconcile_running') throw error;
      if (tries === mostTries) return log('WARN', 'reconcile left to another run');
      await new Promise((resolve) => setTimeout(resolve, 1000 * (error.retryAfterSeconds ?? 1)));
    }
  }
});
