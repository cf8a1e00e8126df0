import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import type { ReconcileStore } from '#core/reconcile/stores.ts';
import { sessionFile } from '#test/support/records.ts';
import { createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the reconcile store on ${dynamoDb.name}`, () => {
    let table: Table;
    let store: ReconcileStore;
    const another = () => createTable(server?.endpoint ?? '');

    beforeAll(async () => {
      table = await another();
      store = createReconcileStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    it('tells one table from another, always the same', async () => {
      const id = await store.tableId();
      expect(await store.tableId()).toBe(id);
      expect(await createReconcileStore(await another()).tableId()).not.toBe(id);
    });

    it('gives its lease to one run at a time, and to the next when it is over or given back', async () => {
      expect(await store.acquire('a', 1000, 2000)).toMatchObject({ state: { generation: 0, buckets: [] } });
      expect(await store.acquire('b', 1500, 2500)).toEqual({ busyUntil: 2000 });
      // The answer to the first try was lost.
      expect(await store.acquire('a', 1500, 2500)).toHaveProperty('state');
      expect(await store.acquire('b', 2500, 3500)).toHaveProperty('state');
      expect(await store.keep('a', 9000, {})).toBe(false);
      await store.release('a');
      expect(await store.acquire('c', 3000, 4000)).toEqual({ busyUntil: 3500 });
      await store.release('b');
      expect(await store.acquire('c', 3000, 4000)).toHaveProperty('state');
      const racing = await Promise.all(['d', 'e', 'f', 'g'].map((run) => store.acquire(run, 5000, 6000)));
      expect(racing.filter((answer) => 'state' in answer)).toHaveLength(1);
    });

    it('keeps what a run leaves to the next, for the holder of the lease only', async () => {
      await store.acquire('a', 1000, 2000);
      const left = { table: 't', generation: 3, buckets: ['default' as const], cursor: 'x', passStartedAt: 5 };
      expect(await store.keep('a', 3000, left)).toBe(true);
      expect(await store.keep('a', 3000, { cursor: undefined, confirmedThrough: { missing: 7 } })).toBe(true);
      expect(await store.keep('b', 3000, { generation: 9 })).toBe(false);
      await store.release('a');
      const { cursor: _, ...rest } = left;
      expect(await store.state()).toEqual({ ...rest, confirmedThrough: { missing: 7 } });
      expect(await store.keep('a', 3000, {})).toBe(false);
    });

    it('remembers suspects by list and name, with the first time each was seen, page by page', async () => {
      const names = Array.from({ length: 520 }, (_, index) => `private/user/${String(index).padStart(4, '0')}.png`);
      await store.suspect('orphans default', names, new Date(1000));
      await store.suspect('orphans default', names.slice(0, 2), new Date(2000));
      await store.suspect('orphans public', ['other'], new Date(2000));
      const first = await store.suspects('orphans default', undefined);
      expect(first.suspects.slice(0, 2)).toEqual(names.slice(0, 2).map((name) => ({ name, firstSeenAt: 1000 })));
      const second = await store.suspects('orphans default', first.next);
      expect([...first.suspects, ...second.suspects].map(({ name }) => name)).toEqual(names);
      await store.clear('orphans public', 'other');
      expect(await store.suspects('orphans public', undefined)).toEqual({ suspects: [] });
      await store.suspect('missing', [sessionFile().id], new Date());
      expect(await store.hasRecords()).toBe(false);
    });

    it('knows whether there is any record, and dates a counter with every move', async () => {
      const file = sessionFile();
      const counter = { kind: 'app', appId: file.appId, slice: file.slice } as const;
      await createFileStore(table).reserve(file, [{ counter, limitBytes: 10_000 }]);
      expect(await store.hasRecords()).toBe(true);
      expect(await store.counter(counter)).toEqual({ usedBytes: 1000, fileCount: 1, movedAt: file.createdAt });
      const now = new Date(Date.now() + 5000);
      await createFileStore(table).release(file, now);
      expect(await store.counter(counter)).toEqual({ usedBytes: 0, fileCount: 0, movedAt: now.toISOString() });
    });

    it('sets a counter right only while it is as it was, one without numbers too', async () => {
      const counter = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
      const change = (UpdateExpression: string, value: unknown) =>
        table.documents.send(
          new UpdateCommand({
            TableName: table.name,
            Key: counterKey(counter),
            UpdateExpression,
            ExpressionAttributeValues: { ':value': value },
          }),
        );
      await change('SET closedAt = :value', 'then');
      const bare = await store.counter(counter);
      expect(bare).toEqual({ usedBytes: 0, fileCount: 0 });
      const [at, later] = [new Date(1000), new Date(2000)];
      await store.startWatch(counter, bare, at);
      await store.startWatch(counter, bare, later);
      const watched = await store.counter(counter);
      expect(watched.movedAt).toBe(at.toISOString());
      expect(await store.correct(counter, bare, { usedBytes: 1, fileCount: 1 }, later)).toBe(false);
      expect(await store.correct(counter, watched, { usedBytes: 7, fileCount: 1 }, later)).toBe(true);
      const corrected = await store.counter(counter);
      expect(corrected).toEqual({ usedBytes: 7, fileCount: 1, movedAt: later.toISOString() });
      await change('SET movedAt = :value', 'since');
      expect(await store.correct(counter, corrected, { usedBytes: 0, fileCount: 0 }, later)).toBe(false);
    });
  });
}
