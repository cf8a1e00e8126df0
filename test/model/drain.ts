import { reconcile } from '#core/reconcile/reconcile.ts';
import { expire, work } from './perform.ts';
import type { Message, Ports, Run } from './run.ts';

export interface Draining {
  /** Draws which message comes next. */
  draw: (among: number) => number;
  /** How often each message and stream record is delivered. */
  deliveries: number;
}

/** Longer than anything waits for: staged files, restored ones, dead URLs and their late arrivals. */
const restMs = 3 * 3_600_000;

/** As often as TTL comes by: an alarm that rings too early must not be taken for one in time. */
const ttlEveryMs = 45 * 60_000;

/** SQS does not keep a lifecycle event for longer than the grace of a deleted template when time goes on. */
export async function deliverEvents(run: Run, ports: Ports, draining: Draining): Promise<void> {
  await deliver(run, ports, draining, ({ queue }) => queue === 'lifecycle');
}

/**
 * Everything that is still to come, comes: messages in a drawn order, delays, TTL and its stream, and `scheduled` the
 * hourly run too, until nothing is left.
 */
export async function drain(run: Run, ports: Ports, draining: Draining, scheduled: boolean): Promise<void> {
  await settleQueues(run, ports, draining);
  for (let passed = 0; passed < restMs; passed += ttlEveryMs) {
    run.time.now += ttlEveryMs;
    await run.sweepTtl();
    await deliverExpired(run, ports, draining);
  }
  await settleQueues(run, ports, draining);
  if (!scheduled) return;
  for (let left = 3; left > 0; left -= 1) {
    await run.settleIndexes();
    const report = await reconcile(ports, { dryRun: false, budgetMs: restMs, everyObject: true });
    if (report.failed.count > 0) throw new Error(`Reconcile failed: ${JSON.stringify(report.failed)}`);
    if (report.counterDrift.length > 0) throw new Error(`Counters drifted: ${JSON.stringify(report.counterDrift)}`);
    if (report.objectsWithoutRecord.count > 0)
      throw new Error(`Objects without record: ${report.objectsWithoutRecord.examples}`);
    await settleQueues(run, ports, draining);
    if (report.repaired === 0) return;
  }
  throw new Error('The schedule finds something to repair every time');
}

async function deliverExpired(run: Run, ports: Ports, { deliveries }: Draining): Promise<void> {
  const records = [...run.expired];
  for (let delivery = 1; delivery <= deliveries; delivery += 1) {
    await expire(run, ports);
    if (delivery < deliveries) run.expired.push(...records);
  }
}

async function settleQueues(run: Run, ports: Ports, draining: Draining): Promise<void> {
  while (run.messages.length > 0) {
    await deliverEvents(run, ports, draining);
    await deliver(run, ports, draining, ({ dueAt }) => dueAt <= run.time.now);
    await run.settleIndexes();
    const next = Math.min(...run.messages.map(({ dueAt }) => dueAt));
    if (Number.isFinite(next)) run.time.now = Math.max(run.time.now, next);
  }
}

async function deliver(run: Run, ports: Ports, { draw, deliveries }: Draining, which: (message: Message) => boolean) {
  const counts = new Map<Message, number>();
  for (;;) {
    const due = run.messages.filter(which);
    const message = due[draw(due.length)];
    if (message === undefined) return;
    await work(ports, message);
    const count = (counts.get(message) ?? 0) + 1;
    counts.set(message, count);
    if (count >= deliveries) run.messages.splice(run.messages.indexOf(message), 1);
  }
}
