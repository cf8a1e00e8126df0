/**
 * Runs schedules on time, and all of them on demand. Both services invoke asynchronously, so Lambda repeats what failed as often
 * as the function's settings say, here at once.
 */
import { randomUUID } from 'node:crypto';
import { aws, type Closable } from '../aws.ts';
import type { InvokeResult } from '../lambda/instance.ts';
import type { ScheduleSpec } from '../template/model.ts';
import { parseSchedule } from './schedule.ts';

export interface SchedulerOptions {
  schedules: ScheduleSpec[];
  invoke(functionName: string, event: unknown): Promise<InvokeResult>;
  /** Of a function, after an asynchronous invocation that failed. */
  retriesOf(functionName: string): number;
}

export interface Scheduler extends Closable {
  /** Runs every enabled schedule once, one after the other; gives whether each ended well, by function name. */
  runAll(): Promise<Record<string, boolean>>;
}

/** Starts the clock. Throws when an expression cannot be read. */
export function startScheduler({ schedules, invoke, retriesOf }: SchedulerOptions): Scheduler {
  const enabled = schedules.filter((schedule) => schedule.enabled);
  const timers: NodeJS.Timeout[] = [];

  async function run(schedule: ScheduleSpec): Promise<Record<string, boolean>> {
    const outcomes: Record<string, boolean> = {};
    for (const target of schedule.targets) {
      const event = target.input ?? eventOf(schedule);
      let result = await invoke(target.functionName, event);
      const retries = retriesOf(target.functionName);
      for (let retry = 0; retry < retries && !result.ok; retry += 1) result = await invoke(target.functionName, event);
      outcomes[target.functionName] = result.ok;
    }
    return outcomes;
  }

  const minutely: { schedule: ScheduleSpec; isDue(minute: Date): boolean }[] = [];
  for (const schedule of enabled) {
    const parsed = parseSchedule(schedule.expression);
    if ('everyMs' in parsed) timers.push(setInterval(() => void run(schedule), parsed.everyMs));
    else minutely.push({ schedule, isDue: parsed.isDue });
  }
  let minute = Math.floor(Date.now() / 60_000);
  const tick = () => {
    const current = Math.floor(Date.now() / 60_000);
    if (current === minute) return;
    minute = current;
    for (const { schedule, isDue } of minutely) if (isDue(new Date(minute * 60_000))) void run(schedule);
  };
  if (minutely.length > 0) timers.push(setInterval(tick, 1000));

  return {
    async runAll() {
      const outcomes: Record<string, boolean> = {};
      for (const schedule of enabled) Object.assign(outcomes, await run(schedule));
      return outcomes;
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

/** What a target gets when it has no input of its own; the Scheduler service then sends an empty object. */
function eventOf({ service, arn }: ScheduleSpec): Record<string, unknown> {
  if (service === 'scheduler') return {};
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: aws.accountId,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: aws.region,
    resources: [arn],
    detail: {},
  };
}
