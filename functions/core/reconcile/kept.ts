import { AppError } from '#core/files/errors.ts';
import { newId } from '#core/files/ids.ts';
import type { Stop } from './brake.ts';
import { emptyReport, mostExamples, type ReconcileReport } from './report.ts';
import type { ReconcileDeps, ReconcileOptions } from './run.ts';

/**
 * Keeps what a run found for whoever looks later, one that was refused too; a dry one leaves nothing. Where the report cannot
 * be kept the run's result stands all the same, and the log has it.
 */
export async function keepingReport(
  { store, clock, log }: ReconcileDeps,
  { dryRun, resume }: ReconcileOptions,
  run: () => Promise<ReconcileReport>,
): Promise<ReconcileReport> {
  if (dryRun) return await run();
  const started = clock.now();
  const keep = async (report: ReconcileReport) => {
    const by = resume === true ? ('schedule' as const) : ('administrator' as const);
    const short = { ...report, counterDrift: report.counterDrift.slice(0, mostExamples) };
    const times = { startedAt: started.toISOString(), endedAt: clock.now().toISOString() };
    try {
      await store.keepReport({ id: newId(clock.now()), by, ...times, report: short });
    } catch (error) {
      log('WARN', 'reconcile could not keep its report', { error: String(error) });
    }
  };
  try {
    const report = await run();
    await keep(report);
    return report;
  } catch (error) {
    const stopped =
      error instanceof AppError && error.code === 'reconcile_refused' ? error.details?.stopped : undefined;
    if (stopped !== undefined) await keep({ ...emptyReport(false), stopped: stopped as Stop[] });
    throw error;
  }
}
