/**
 * Does now what the cloud would do over hours: removes what TTL expired, runs every schedule, and empties the queues,
 * round by round until a round changes nothing. Delays and visibility timeouts are cut short, so a message that keeps
 * failing reaches its dead-letter queue here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scheduler } from './events/scheduler.ts';
import type { StreamConsumer } from './events/stream.ts';
import type { Poller } from './sqs/poller.ts';
import type { QueueStore } from './sqs/store.ts';
import type { QueueMappingSpec, QueueSpec } from './template/model.ts';

/**
 * What ran since the drain before (or the start): queues are worked on all the time, so a message sent just before a
 * drain may be done when it begins, and is still in its report.
 */
export interface DrainReport {
  /** `ttl`: items removed; by function: records it processed, or runs of a schedule. */
  ran: Record<string, number>;
  /** By function: attempts that failed, each try of a message counted. */
  failed: Record<string, number>;
  /** Messages still in queues, by queue name; dead letters are here. */
  left: Record<string, number>;
  /** False when the time ran out before there was nothing left to do. */
  finished: boolean;
}

export interface DrainOptions {
  sweepTtl(): Promise<number>;
  /** Lets every index catch up. */
  settleIndexes(): Promise<void>;
  /** Lets whoever hears of writes take what was written. */
  settleChanges(): Promise<void>;
  scheduler: Scheduler;
  streams: StreamConsumer[];
  pollers: { mapping: QueueMappingSpec; queue: QueueSpec; poller: Poller }[];
  queues: QueueSpec[];
  store: QueueStore;
  /** Milliseconds; what is not done by then is reported as left. */
  timeoutMs: number;
}

const maxRounds = 20;

/** Creates the drain; calls at the same time wait for each other, since they would count each other's work. */
export function createDrain(options: DrainOptions): () => Promise<DrainReport> {
  let last: Promise<unknown> = Promise.resolve();
  let reported = workerCounts(options);
  return () => {
    const turn = last.then(async () => {
      const report = await drain(options, reported);
      reported = workerCounts(options);
      return report;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

type Counts = Map<string, { succeeded: number; failed: number }>;

async function drain(options: DrainOptions, before: Counts): Promise<DrainReport> {
  const deadline = Date.now() + options.timeoutMs;
  const ran: Record<string, number> = { ttl: 0 };
  const failed: Record<string, number> = {};
  let finished = false;

  for (let round = 0; round < maxRounds && Date.now() < deadline; round += 1) {
    const start = total(options);
    await within(options.settleIndexes(), deadline);
    const removed = await within(options.sweepTtl(), deadline);
    const outcomes = await within(options.scheduler.runAll(), deadline);
    await within(options.settleChanges(), deadline);
    const settled = await settleQueues(options, deadline);
    if (removed === undefined || outcomes === undefined || !settled) break;
    ran.ttl = (ran.ttl ?? 0) + removed;
    for (const [name, ok] of Object.entries(outcomes)) add(ok ? ran : failed, name, 1);
    if (removed === 0 && total(options) === start) {
      finished = true;
      break;
    }
  }

  for (const [name, { succeeded, failed: failures }] of workerCounts(options)) {
    const earlier = before.get(name);
    add(ran, name, succeeded - (earlier?.succeeded ?? 0));
    add(failed, name, failures - (earlier?.failed ?? 0));
  }
  const left = options.queues.map(({ name }, index) => [name, open(options, options.queues[index])] as const);
  return { ran, failed, left: Object.fromEntries(left.filter(([, count]) => count > 0)), finished };
}

/**
 * Lets the queues with a function run empty; false when time runs out. Delays are cut short only once nothing else is
 * left to do: time passes for what waits, and it does not overtake what was sent to be done at once.
 */
async function settleQueues({ pollers, store }: DrainOptions, deadline: number): Promise<boolean> {
  const active = pollers.filter(({ mapping }) => mapping.enabled);
  for (;;) {
    const waiting = active.reduce((sum, { queue }) => sum + open({ store }, queue), 0);
    if (waiting === 0) return true;
    if (Date.now() >= deadline) return false;
    const atWork = active.some(({ queue, poller }) => poller.busy.size > 0 || store.hasNext(queue));
    if (!atWork) for (const { queue, poller } of active) store.hurry(queue, poller.busy);
    await sleep(10);
  }
}

function open({ store }: Pick<DrainOptions, 'store'>, queue: QueueSpec | undefined): number {
  if (!queue) return 0;
  const { visible, invisible, delayed } = store.counts(queue);
  return visible + invisible + delayed;
}

function workerCounts({ pollers, streams }: DrainOptions): Counts {
  const counts = new Map<string, { succeeded: number; failed: number }>();
  const workers = [
    ...pollers.map(({ mapping, poller }) => ({ mapping, counts: poller.counts() })),
    ...streams.map((stream) => ({ mapping: stream.mapping, counts: stream.counts() })),
  ];
  for (const { mapping, counts: own } of workers) {
    const sum = counts.get(mapping.functionName) ?? { succeeded: 0, failed: 0 };
    counts.set(mapping.functionName, { succeeded: sum.succeeded + own.succeeded, failed: sum.failed + own.failed });
  }
  return counts;
}

function total(options: DrainOptions): number {
  return [...workerCounts(options).values()].reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0);
}

function add(counts: Record<string, number>, name: string, by: number): void {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
}

/** The value, or undefined when the deadline comes first. */
async function within<T>(work: Promise<T>, deadline: number): Promise<T | undefined> {
  const stop = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    stop.abort();
  }
}
