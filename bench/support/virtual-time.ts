/** Nothing waits in real time, so that a bench of waiting says the same on every machine. */
export interface VirtualTime {
  /** Milliseconds since the beginning. */
  now(): number;
  /** Resolves when so much virtual time has passed. */
  wait(ms: number): Promise<void>;
  /** Lets time go on until the work is done. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Starts work at random moments, so many a second on average, and lets time go on until all is done. How many it started. */
  poisson(perSecond: number, seconds: number, work: (index: number) => Promise<void>): Promise<number>;
}

/** Turns of the event loop in which nothing new begins to wait, before time goes on: an answer may be on its way. */
const quietTurns = 3;

/** Time stands still while fewer pieces of work wait than are under way, since one of them computes or calls. */
export function createVirtualTime(): VirtualTime {
  let now = 0;
  let underWay = 0;
  let changes = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  function wait(ms: number): Promise<void> {
    changes += 1;
    return new Promise((wake) => sleepers.push({ at: now + ms, wake }));
  }

  async function quiet(): Promise<void> {
    for (let turns = 0, seen = changes; turns < quietTurns; turns += 1) {
      await turn();
      if (sleepers.length >= underWay && seen === changes) continue;
      seen = changes;
      turns = -1;
    }
  }

  async function follow<T>(work: Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await work;
    } finally {
      underWay -= 1;
      changes += 1;
    }
  }

  /** To the next moment at which anybody wakes, or to `until` when that comes first. */
  async function advance(until: number): Promise<void> {
    await quiet();
    const next = Math.min(until, ...sleepers.map(({ at }) => at));
    now = Math.max(now, next);
    for (const sleeper of sleepers.filter(({ at }) => at <= now)) {
      sleepers.splice(sleepers.indexOf(sleeper), 1);
      changes += 1;
      sleeper.wake();
    }
  }

  async function finish(): Promise<void> {
    while (underWay > 0) {
      await quiet();
      if (sleepers.length > 0) await advance(Number.POSITIVE_INFINITY);
    }
  }

  return {
    now: () => now,
    wait,
    async during(work) {
      const done = follow(work);
      await finish();
      return await done;
    },
    async poisson(perSecond, seconds, work) {
      const end = now + seconds * 1000;
      const begun: Promise<void>[] = [];
      for (let at = now; ; ) {
        at += (-Math.log(1 - Math.random()) * 1000) / perSecond;
        if (at >= end) break;
        while (now < at) await advance(at);
        begun.push(follow(work(begun.length)));
      }
      await finish();
      await Promise.all(begun);
      return begun.length;
    },
  };
}
