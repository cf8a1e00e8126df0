import { expect, it } from 'vitest';
import { createReportStore } from '#adapters/dynamo/reconcile-reports.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { boundWorld, reconciler } from './support.ts';

const world = boundWorld();
const run: ReturnType<typeof reconciler> = (...given) => reconciler(world())(...given);
const kept = async () => (await createReportStore(world().table).listReports({ limit: 100 })).items;

it('a report is kept of each run that is not dry, as it was answered, with who asked for it', async () => {
  const before = (await kept()).length;
  const report = await run();
  await run({ dryRun: true });
  const scheduled = await run({ everyObject: false, resume: true });
  const [second, first, ...rest] = await kept();
  expect(rest).toHaveLength(before);
  expect(first).toMatchObject({ by: 'administrator', report });
  expect(second).toMatchObject({ by: 'schedule', report: scheduled });
  expect(Date.parse(first?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.startedAt ?? ''));
});

it('a run that is refused is kept with what stopped it', async () => {
  const store = { ...createReconcileStore(world().table), tableId: async () => 'another table' };
  await expect(run({}, { store })).rejects.toMatchObject({ code: 'reconcile_refused' });
  const [latest] = await kept();
  expect(latest?.report).toMatchObject({ complete: false, repaired: 0, stopped: [{ message: expect.any(String) }] });
});

it('a run whose report cannot be kept answers all the same, and says so in the log', async () => {
  const keepReport = async () => {
    throw new Error('the table is busy');
  };
  const logged: unknown[] = [];
  const store = { ...createReconcileStore(world().table), keepReport };
  const report = await run({}, { store, log: (...line) => logged.push(line) });
  expect(report.complete).toBe(true);
  expect(logged).toEqual([['WARN', 'reconcile could not keep its report', { error: 'Error: the table is busy' }]]);
});
