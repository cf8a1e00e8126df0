import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { sessionFile } from '#test/support/records.ts';
import { boundWorld, reconciler, storedFile } from './support.ts';

const hour = 3_600_000;
const world = boundWorld();

const run: ReturnType<typeof reconciler> = (...given) => reconciler(world())(...given);
const stored = () => storedFile(world(), { slice: 7 });

describe('a counter', () => {
  const counter = { kind: 'app', appId: 'app', slice: 7 } as const;
  const usage = () => world().files.usage(counter);
  const drift = (by: number, expression = 'ADD usedBytes :by') =>
    world().table.documents.send(
      new UpdateCommand({
        TableName: world().table.name,
        Key: counterKey(counter),
        UpdateExpression: expression,
        ExpressionAttributeValues: { ':by': by },
      }),
    );

  it('that moved is not judged by an index that lags, so that a right one is never made wrong or negative', async () => {
    const file = await stored();
    const store = createReconcileStore(world().table);
    // The index does not show the file yet.
    const behind = { ...store, recount: async () => ({ usedBytes: 0, fileCount: 0 }) };
    expect(await run({}, { store: behind })).toMatchObject({ counterDrift: [], repaired: 0 });
    expect(await usage()).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
    await world().files.release(file, world().clock.now());
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('that moves while it is summed is left alone', async () => {
    await stored();
    await drift(5000);
    world().time.offsetMs = hour;
    const store = createReconcileStore(world().table);
    const meanwhile = {
      ...store,
      async recount(...given: Parameters<typeof store.recount>) {
        const sum = await store.recount(...given);
        if (given[0].kind === 'app' && given[0].slice === counter.slice) await stored();
        return sum;
      },
    };
    expect(await run({}, { store: meanwhile })).toMatchObject({ counterDrift: [], repaired: 0 });
    expect(await usage()).toEqual({ usedBytes: 7000, fileCount: 2 });
  });

  it('of before its moves were dated is watched for a quarter of an hour first', async () => {
    await stored();
    await drift(6000, 'SET usedBytes = :by REMOVE movedAt');
    world().time.offsetMs = hour;
    expect(await run({ dryRun: true })).toMatchObject({ counterDrift: [] });
    expect(await run()).toMatchObject({ counterDrift: [], repaired: 0 });
    world().time.offsetMs += 14 * 60_000;
    expect(await run()).toMatchObject({ counterDrift: [], repaired: 0 });
    world().time.offsetMs += 60_000;
    expect(await run()).toMatchObject({ counterDrift: [{ counter }], repaired: 1 });
    expect(await usage()).toEqual({ usedBytes: 1000, fileCount: 1 });
  });

  it('is not read at all when the scan shows that it moved a moment ago', async () => {
    const limit = { counter: { kind: 'session', appId: 'app', sessionId: 'session' }, limitBytes: 10_000 } as const;
    await world().files.reserve(sessionFile({ sessionId: 'session', dueAt: Date.now() + hour }), [limit]);
    const store = createReconcileStore(world().table);
    let read = 0;
    const counted = {
      ...store,
      async counter(...given: Parameters<typeof store.counter>) {
        read += 1;
        return await store.counter(...given);
      },
    };
    await run({}, { store: counted });
    expect(read).toBe(0);
    world().time.offsetMs = 16 * 60_000;
    await run({}, { store: counted });
    expect(read).toBeGreaterThan(0);
  });

  it('is one of sixteen that are looked at together', async () => {
    for (let index = 0; index < 40; index += 1) {
      const file = sessionFile({ sessionId: `session-${index}`, dueAt: Date.now() + hour });
      await world().files.reserve(file, [
        { counter: { kind: 'session', appId: 'app', sessionId: `session-${index}` }, limitBytes: 10_000 },
      ]);
    }
    world().time.offsetMs = 16 * 60_000;
    const store = createReconcileStore(world().table);
    let [now, most] = [0, 0];
    const counted = {
      ...store,
      async counter(...given: Parameters<typeof store.counter>) {
        now += 1;
        most = Math.max(most, now);
        const found = await store.counter(...given);
        now -= 1;
        return found;
      },
    };
    expect(await run({}, { store: counted })).toMatchObject({ checked: { counters: 40 } });
    expect(most).toBe(16);
  });
});
