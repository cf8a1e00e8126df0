import type { Scheduler } from 'fast-check';

/** Where a use case is killed: at its n-th call to the outside, before that took effect or after. */
export interface CrashPlan {
  call: number;
  when: 'before' | 'after';
}

/** Runs one call to the outside; everything a use case does to the world comes through here. */
export type Step = <T>(label: string, effect: () => Promise<T>) => Promise<T>;

/** What became of a use case. */
export type Ending<T> = { crashed: true } | { crashed: false; value: T };

/** Without a scheduler and without crashes: one call after the other. */
export const straight: Step = (_label, effect) => effect();

const never = new Promise<never>(() => {});
const macrotask = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Calls in a row that a turn may bring: drawn evenly, long halts in the middle of a use case would hardly ever occur. */
const bursts = [1, 1, 1, 1, 2, 3, 5, 10, 20, 40];

/**
 * Lets use cases run side by side, one call to the outside at a time, in an order that fast-check's scheduler draws;
 * `draw` says how many calls a turn is long. The order follows from the seed alone, since nothing is drawn before every
 * use case waits for its turn. A killed use case stops where it is: its call never answers, so neither its error
 * handling nor anything after it runs.
 */
export function createTurns(scheduler: Scheduler, draw: (among: number) => number) {
  let underWay = 0;
  let quiet = Promise.resolve();

  async function effectOf<T>(effect: () => Promise<T>): Promise<T> {
    underWay += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    quiet = promise;
    try {
      return await effect();
    } finally {
      underWay -= 1;
      resolve();
    }
  }

  /** Until every use case waits for its turn or has ended: only the calls take real time, the rest is microtasks. */
  async function calm(): Promise<void> {
    do {
      await quiet;
      await macrotask();
    } while (underWay > 0);
  }

  function start<T>(name: string, crash: CrashPlan | undefined, work: (step: Step) => Promise<T>): Promise<Ending<T>> {
    const death = Promise.withResolvers<Ending<T>>();
    let calls = 0;
    let burst = 0;
    let dead = false;
    const die = (): Promise<never> => {
      dead = true;
      death.resolve({ crashed: true });
      return never;
    };
    const step: Step = async (label, effect) => {
      if (dead) return await never;
      // Calls that a use case makes side by side are drawn one by one: the order of their answers is not the seed's.
      if (burst > 0 && underWay === 0) burst -= 1;
      else {
        await scheduler.schedule(Promise.resolve(), `${name}: ${label}`);
        burst = (bursts[draw(bursts.length)] ?? 1) - 1;
      }
      if (dead) return await never;
      const call = calls;
      calls += 1;
      if (crash?.call === call && crash.when === 'before') return await die();
      const result = await effectOf(effect);
      return crash?.call === call ? await die() : result;
    };
    return Promise.race([death.promise, work(step).then((value) => ({ crashed: false as const, value }))]);
  }

  /** Gives turns until all of `running` have ended. Throws what one of them threw. */
  async function finish<T>(running: Promise<T>[]): Promise<T[]> {
    let open = running.length;
    const all = Promise.all(
      running.map((each) =>
        each.finally(() => {
          open -= 1;
        }),
      ),
    );
    // Awaited below; a failure that comes earlier must not count as unhandled.
    all.catch(() => {});
    for (;;) {
      await calm();
      if (open === 0) return await all;
      if (scheduler.count() === 0) throw new Error('A use case waits for something that is no call to the outside');
      await scheduler.waitNext(1);
    }
  }

  return { start, finish };
}

export type Turns = ReturnType<typeof createTurns>;
