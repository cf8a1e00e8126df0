import { beforeEach, describe, expect, test } from 'vitest';
import type { FileEvent, QuotaEvent, StowageEvent } from '#core/events/event.ts';
import { eventOf } from '#core/events/of-change.ts';
import type { QuotaState } from '#core/events/ports.ts';
import { createQuotaWatch } from '#core/events/quota.ts';
import { sessionFile } from '#test/support/records.ts';

const source = 'stowage.test';
let state: QuotaState;
let told: QuotaEvent[];
let reads: number;
let now: number;
let refuses: boolean;

beforeEach(() => {
  state = { usedBytes: 0, limitBytes: 1_000, mark: { threshold: 0, turn: 0 } };
  told = [];
  reads = 0;
  now = Date.parse('2026-05-01T10:00:00Z');
  refuses = false;
});

const newWatch = (dies = false) =>
  createQuotaWatch({
    source,
    now: () => new Date(now),
    wait: async () => undefined,
    sinks: [
      {
        async send(events: StowageEvent[]) {
          if (refuses) return new Set(events.map(({ id }) => id));
          told.push(...(events as QuotaEvent[]));
          return new Set();
        },
      },
    ],
    quotas: {
      async read() {
        reads += 1;
        return structuredClone(state);
      },
      async mark(_appId, from, threshold) {
        if (dies) throw new Error('killed');
        if (state.mark.turn !== from.turn) return false;
        state.mark = { threshold, turn: from.turn + 1 };
        return true;
      },
    },
  });

/** What is told of a file of so many bytes that came or went. */
function event(type: 'file.ready' | 'file.deleted', sizeBytes: number): FileEvent {
  const file = sessionFile({ sizeBytes });
  const ready = { ...file, state: 'ready' as const, rev: 2 };
  const change =
    type === 'file.ready' ? { from: file, to: ready } : { from: ready, to: { ...ready, state: 'deleting' as const } };
  return eventOf(change, source) as FileEvent;
}

async function use(watch: ReturnType<typeof newWatch>, bytes: number) {
  state.usedBytes += bytes;
  return await watch([event(bytes > 0 ? 'file.ready' : 'file.deleted', Math.abs(bytes))]);
}

describe('an app that fills up', () => {
  test('is told of at 80 and at 95 percent, once each, however many files come', async () => {
    const watch = newWatch();
    for (let files = 0; files < 100; files += 1) await use(watch, 10);
    expect(told.map(({ data }) => [data.threshold, data.usedBytes])).toEqual([
      [80, 800],
      [95, 950],
    ]);
    expect(told[0]).toMatchObject({
      type: 'quota.near',
      source,
      version: 1,
      data: { appId: 'app', limitBytes: 1_000 },
    });
    expect(told[0]?.id).toMatch(/^evt_quota_[0-9a-f]{32}$/);
  });

  test('costs few looks while it is far from a threshold', async () => {
    state.limitBytes = 1_000_000;
    const watch = newWatch();
    for (let files = 0; files < 1_000; files += 1) await use(watch, 100);
    expect(reads).toBeLessThan(3);
  });

  test('is told of again only after it has fallen five percent below', async () => {
    const watch = newWatch();
    await use(watch, 810);
    await use(watch, -50);
    await use(watch, 60);
    expect(told).toHaveLength(1);
    await use(watch, -80);
    expect(state.mark.threshold).toBe(0);
    await use(watch, 100);
    expect(told.map(({ data }) => data.threshold)).toEqual([80, 80]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
  });

  test('is looked at once a minute when others fill it, of whom this instance hears nothing', async () => {
    const watch = newWatch();
    await use(watch, 1);
    state.usedBytes = 900;
    await use(watch, 1);
    expect(told).toEqual([]);
    now += 60_000;
    await use(watch, 1);
    expect(told).toHaveLength(1);
  });
});

test('a crossing that was told and not noted, since the worker was killed, is told again under its id', async () => {
  const failed = await use(newWatch(true), 900);
  expect([...failed.keys()]).toEqual(['app']);
  await newWatch()([event('file.ready', 1)]);
  expect(told).toHaveLength(2);
  expect(told[0]?.id).toBe(told[1]?.id);
});

test('a crossing that nobody took is reported, and told when its file comes again', async () => {
  const watch = newWatch();
  refuses = true;
  expect((await use(watch, 900)).size).toBe(1);
  expect(state.mark.threshold).toBe(0);
  refuses = false;
  expect((await watch([event('file.ready', 900)])).size).toBe(0);
  expect(told).toHaveLength(1);
});

test('a limit of nothing is no limit that anybody comes near to', async () => {
  state.limitBytes = 0;
  await use(newWatch(), 10);
  expect(told).toEqual([]);
});
