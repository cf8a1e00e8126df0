import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { readSlices, sumOf } from '#adapters/dynamo/slices.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { shareOf, sliceCount, sliceOf } from '#core/files/slices.ts';
import type { FileStore } from '#core/files/store.ts';
import { isLong } from '#test/support/long.ts';
import { sessionFile } from '#test/support/records.ts';
import { createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const appId = 'app';
const limitOf = (limitBytes: number, revision = 0) => [
  { counter: { kind: 'app', appId } as const, limitBytes, revision },
];
const former = counterKey({ kind: 'app', appId });

describe('shares of a limit', () => {
  it('add up to it, and grow with it, slice by slice', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 10_000 }), (limit, more) => {
        const shares = Array.from({ length: sliceCount }, (_, slice) => shareOf(limit, slice));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(limit);
        for (const [slice, share] of shares.entries())
          expect(shareOf(limit + more, slice)).toBeGreaterThanOrEqual(share);
      }),
    );
  });

  it('are counted in slices that ids fall into evenly', () => {
    const counts = Array(sliceCount).fill(0);
    for (let index = 0; index < sliceCount * 200; index += 1) counts[sliceOf(sessionFile().id)] += 1;
    expect(Math.min(...counts)).toBeGreaterThan(120);
    expect(Math.max(...counts)).toBeLessThan(300);
  });
});

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`an app's counter in slices on ${dynamoDb.name}`, () => {
    let table: Table;
    let files: FileStore;
    beforeAll(async () => {
      // What is asked here is who gets the room, and neither of the two is as quick as DynamoDB.
      table = await createTable(server?.endpoint ?? '', { attemptMs: 60_000 });
      files = createFileStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const used = async () => sumOf(await readSlices(table, appId));
    const free = async () => (await readSlices(table, appId)).reduce((sum, { freeBytes }) => sum + freeBytes, 0);
    const reserveMany = async (given: Partial<ExtensionFile>[], limitBytes: number, revision?: number) => {
      const results = await Promise.all(
        given.map((one) => files.reserve(sessionFile(one), limitOf(limitBytes, revision))),
      );
      return results.filter(({ outcome }) => outcome === 'reserved').length;
    };

    // DynamoDB Local takes a second for some twenty of these transactions on a small machine: the crowds are for the other,
    // or for `LONG_TESTS=1`.
    const isSlow = dynamoDb.name === 'DynamoDB Local' && !isLong;
    it.each(isLong && !isSlow ? [1, 7, 25] : [1, 7])(
      'takes exactly %i more files when there is room for so many, wherever that room is',
      async (room) => {
        const [sizeBytes, limit] = [1000, 25_000];
        // Everything lies in one slice, which the others have lent all they had.
        const before = [{ sizeBytes: limit - room * sizeBytes, slice: 3 }].filter((file) => file.sizeBytes > 0);
        expect(await reserveMany(before, limit)).toBe(before.length);
        const asked = Array.from({ length: room + 8 }, () => ({ sizeBytes }));
        expect(await reserveMany(asked, limit)).toBe(room);
        expect(await used()).toMatchObject({ usedBytes: limit });
        expect(await free()).toBe(0);
      },
    );

    it('takes a file that only all slices together have room for', async () => {
      expect(await reserveMany([{ sizeBytes: 8000 }], 8000)).toBe(1);
      expect(await reserveMany([{ sizeBytes: 1 }], 8000)).toBe(0);
    });

    const crowd = 200;
    it.skipIf(isSlow)(`stores ${crowd} that come at once, on the day an app has no slices yet`, async () => {
      const asked = Array.from({ length: crowd }, () => ({ sizeBytes: 500 }));
      expect(await reserveMany(asked, 1_000_000)).toBe(crowd);
      expect(await used()).toEqual({ usedBytes: crowd * 500, fileCount: crowd });
      expect(await free()).toBe(1_000_000 - crowd * 500);
    });

    it('gives room back in the slice that counted it, for whoever needs it', async () => {
      const stored = Array.from({ length: 10 }, () => sessionFile({ sizeBytes: 1000 }));
      for (const file of stored) await files.reserve(file, limitOf(10_000));
      expect(await reserveMany([{ sizeBytes: 1 }], 10_000)).toBe(0);
      for (const file of stored.slice(0, 4)) await files.release(file, new Date());
      expect(await reserveMany([{ sizeBytes: 4000 }], 10_000)).toBe(1);
      expect(await free()).toBe(0);
    });

    it.skipIf(isSlow)('holds a lowered limit at once, however the files lie, and a raised one', async () => {
      // All in one slice: more than its share of any limit here.
      const large = Array.from({ length: 5 }, () => ({ sizeBytes: 10_000, slice: 9 }));
      expect(await reserveMany(large, 80_000, 1)).toBe(5);
      expect(
        await reserveMany(
          Array.from({ length: 8 }, () => ({ sizeBytes: 1000 })),
          55_000,
          2,
        ),
      ).toBe(5);
      expect(await free()).toBe(0);
      expect(await reserveMany([{ sizeBytes: 1 }], 30_000, 3)).toBe(0);
      expect(
        await reserveMany(
          Array.from({ length: 8 }, () => ({ sizeBytes: 1000 })),
          60_000,
          4,
        ),
      ).toBe(5);
      expect(await used()).toEqual({ usedBytes: 60_000, fileCount: 15 });
    });

    it('does not go back to an older limit that an instance still goes by', async () => {
      expect(await reserveMany([{ sizeBytes: 1000 }], 5000, 2)).toBe(1);
      expect(
        await reserveMany(
          Array.from({ length: 9 }, () => ({ sizeBytes: 1000 })),
          100_000,
          1,
        ),
      ).toBe(4);
      expect(await files.reserve(sessionFile(), limitOf(100_000, 1))).toMatchObject({
        outcome: 'over_limit',
        limitBytes: 5000,
      });
    });

    describe('that had a single one before', () => {
      const formerFile = () => {
        const { slice: _, ...file } = sessionFile({ sizeBytes: 1000 });
        return file;
      };
      const countBefore = (files: number) =>
        table.documents.send(
          new PutCommand({ TableName: table.name, Item: { ...former, usedBytes: files * 1000, fileCount: files } }),
        );

      it.skipIf(isSlow)('counts on with what that counted, to the byte', async () => {
        await countBefore(30);
        expect(await files.usage({ kind: 'app', appId })).toEqual({ usedBytes: 30_000, fileCount: 30 });
        expect(
          await reserveMany(
            Array.from({ length: 25 }, () => ({ sizeBytes: 1000 })),
            50_000,
          ),
        ).toBe(20);
        expect(await files.reserve(sessionFile({ sizeBytes: 1 }), limitOf(50_000))).toMatchObject({
          usedBytes: 50_000,
        });
        await files.release(formerFile(), new Date()).catch(() => undefined);
      });

      it('gives room back when its files go, for files of today', async () => {
        await countBefore(9);
        const last = formerFile();
        expect(await files.reserve(last, limitOf(10_000))).toEqual({ outcome: 'reserved' });
        expect(await reserveMany([{ sizeBytes: 1 }], 10_000)).toBe(0);
        expect(await files.release(last, new Date())).toBe(true);
        expect(await reserveMany([{ sizeBytes: 1000 }], 10_000)).toBe(1);
        expect(await free()).toBe(0);
      });

      it('takes what functions of before counted there while they were being replaced off its slices', async () => {
        await countBefore(1);
        expect(await reserveMany([{ sizeBytes: 1000 }], 5000)).toBe(1);
        const add = {
          UpdateExpression: 'ADD usedBytes :more, fileCount :one',
          ExpressionAttributeValues: { ':more': 2000, ':one': 1 },
        };
        await table.documents.send(new UpdateCommand({ TableName: table.name, Key: former, ...add }));
        expect(
          await reserveMany(
            Array.from({ length: 5 }, () => ({ sizeBytes: 1000 })),
            5000,
          ),
        ).toBe(1);
      });
    });

    it('is closed for good by one call, and no slice of it counts any more', async () => {
      await reserveMany([{ sizeBytes: 1000 }], 5000);
      await createLifecycleStore(table).closeScope({ kind: 'app', appId }, new Date());
      const asked = Array.from({ length: sliceCount }, (_, slice) =>
        files.reserve(sessionFile({ slice }), limitOf(5000)),
      );
      expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(new Set(['owner_deleted']));
      // Of an app that never stored anything, too.
      await createLifecycleStore(table).closeScope({ kind: 'app', appId: 'new' }, new Date());
      const limit = { counter: { kind: 'app', appId: 'new' } as const, limitBytes: 5000 };
      expect(await files.reserve(sessionFile({ appId: 'new' }), [limit])).toEqual({ outcome: 'owner_deleted' });
    });

    it('that reconcile finds too low holds its limit after the correction, whichever slice it was', async () => {
      expect(await reserveMany([{ sizeBytes: 1000, slice: 5 }], 5000)).toBe(1);
      const counter = { kind: 'app', appId, slice: 5 } as const;
      const store = createReconcileStore(table);
      const stored = await store.counter(counter);
      expect(await store.correct(counter, stored, { usedBytes: 4000, fileCount: 4 }, new Date())).toBe(true);
      expect(
        await reserveMany(
          Array.from({ length: 5 }, () => ({ sizeBytes: 1000 })),
          5000,
        ),
      ).toBe(1);
      const { Item } = await table.documents.send(new GetCommand({ TableName: table.name, Key: counterKey(counter) }));
      expect(Item?.freeBytes).toBe(Number(Item?.shareBytes) - Number(Item?.usedBytes));
    });
  });
}
