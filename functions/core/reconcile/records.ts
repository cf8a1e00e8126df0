import { purge } from '#core/files/purge.ts';
import { type CounterRef, type FileRecord, objectOf, type Usage } from '#core/files/record.ts';
import type { ReconcileDeps, Step } from './reconcile.ts';
import { found, note, type ReconcileReport } from './report.ts';

/** Without `everyObject`, records written in the last two runs' time are asked for: what is older was asked for then. */
const recentMs = 2 * 3_600_000;

/** Requests to R2 at the same time. */
const parallel = 16;

/** How long an index may be behind its table; a difference that outlives it is real. */
const indexLagMs = 2_000;

/** One page of the table: every counter against its records, ready records against their objects. */
export const reconcileRecords: Step = async (deps, report, position, options) => {
  const page = await deps.store.scan(position.after);
  report.checked.records += page.files.length;
  report.checked.counters += page.counters.length;
  for (const counter of page.counters) await checkCounter(deps, report, counter);

  const since = deps.clock.now().getTime() - recentMs;
  const ready = page.files.filter(
    (file) => file.state === 'ready' && (options.everyObject || Date.parse(file.updatedAt) >= since),
  );
  for (let start = 0; start < ready.length; start += parallel) {
    await Promise.all(ready.slice(start, start + parallel).map((file) => checkObject(deps, report, file)));
  }
  return page.cursor === undefined ? undefined : { part: 'records', after: page.cursor };
};

/**
 * A difference counts only when the counter stands still while it is seen twice, an index lag apart: uploads and
 * deletions go on while we look.
 */
async function checkCounter(deps: ReconcileDeps, report: ReconcileReport, counter: CounterRef): Promise<void> {
  const first = await compare(deps, counter);
  if (first === undefined) return;
  await deps.pause(indexLagMs);
  const second = await compare(deps, counter);
  if (second === undefined || !same(first.stored, second.stored) || !same(first.actual, second.actual)) return;
  report.counterDrift.push({ counter, ...second });
  if (report.dryRun) return;
  if (await deps.store.correct(counter, second.stored, second.actual)) report.repaired += 1;
  else note(report.failed, `counter ${Object.values(counter).join(' ')}: moved meanwhile`);
}

async function compare({ files, store }: ReconcileDeps, counter: CounterRef) {
  const [stored, actual] = [await files.usage(counter), await store.recount(counter)];
  return same(stored, actual) ? undefined : { stored, actual };
}

const same = (a: Usage, b: Usage) => a.usedBytes === b.usedBytes && a.fileCount === b.fileCount;

/** A ready record whose bytes are lost helps nobody and holds quota; somebody deleted them past us. */
async function checkObject(deps: ReconcileDeps, report: ReconcileReport, file: FileRecord): Promise<void> {
  if ((await deps.objects.head(objectOf(file))) !== undefined) return;
  // Deleted between the scan and the question: nothing is wrong.
  const current = await deps.files.get(file.id);
  if (current?.state !== 'ready') return;
  // A HEAD has no error code, and where the whole bucket is gone or misnamed it finds no object either: GET tells.
  const range = { first: 0, last: 0 };
  if ((await deps.objects.get(objectOf(current), { maxBytes: current.sizeBytes + 1, range })) !== undefined) return;
  await found(report, 'recordsWithoutObject', file.id, async () => {
    if (await deps.files.release(current, deps.clock.now())) await purge(deps, file.id);
  });
}
