import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { BatchGetCommand, DeleteCommand, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { loadFromEnv } from '#local/dynamo/load.ts';
import { closeLoaded, type Db, get, item, loaded, put, reasonsOf, TableName, target, write } from './load-support.ts';

afterEach(closeLoaded);

describe('an index that lags', () => {
  const inIndex = async (db: Db, gpk: string) => {
    const query = { IndexName: 'byGpk', KeyConditionExpression: 'gpk = :g', ExpressionAttributeValues: { ':g': gpk } };
    return ((await db.send(new QueryCommand({ TableName, ...query }))).Items ?? []).map(({ pk }) => pk);
  };
  const store = (db: Db, pk: string, gpk: string) => db.send(new PutCommand({ TableName, Item: { ...item(pk), gpk } }));
  const lag = { indexLagMs: 60_000 };

  it('shows what was, and in the end what is, in the order of writing', async () => {
    const { db, dynamo } = await loaded(lag);
    await store(db, 'a', 'old');
    expect(await inIndex(db, 'old')).toEqual([]);
    await dynamo.settleIndexes();
    expect(await inIndex(db, 'old')).toEqual(['a']);
    await store(db, 'a', 'new');
    await db.send(new DeleteCommand(target('a')));
    await store(db, 'a', 'last');
    expect(await inIndex(db, 'old')).toEqual(['a']);
    expect(await get(db, 'a')).toMatchObject({ gpk: 'last' });
    await dynamo.settleIndexes();
    expect([await inIndex(db, 'old'), await inIndex(db, 'new'), await inIndex(db, 'last')]).toEqual([[], [], ['a']]);
  });

  it('catches up by itself', async () => {
    const { db } = await loaded({ indexLagMs: 20 });
    await store(db, 'a', 'g');
    await expect.poll(() => inIndex(db, 'g')).toEqual(['a']);
  });

  it('catches up after a restart that came before it could', async () => {
    const dir = mkdtempSync(`${tmpdir()}/stowage-lag-`);
    const before = await loaded(lag, { dir });
    await store(before.db, 'a', 'g');
    await before.dynamo.close();
    const after = await loaded({}, { dir });
    expect(await inIndex(after.db, 'g')).toEqual(['a']);
    await after.dynamo.close();
    rmSync(dir, { recursive: true, force: true });
  });
});

describe('a batch of reads', () => {
  it('leaves out a share of its keys, tells which, and never brings nothing', async () => {
    const { db } = await loaded({ unprocessedShare: 0.5 });
    const pks = Array.from({ length: 20 }, (_, index) => `k${index}`);
    for (const pk of pks) await db.send(new PutCommand({ TableName, Item: item(pk) }));
    const asked = { Keys: pks.map(item), ConsistentRead: true, ProjectionExpression: 'pk' };
    const { Responses, UnprocessedKeys } = await db.send(new BatchGetCommand({ RequestItems: { [TableName]: asked } }));
    const found = (Responses?.[TableName] ?? []).map(({ pk }) => pk);
    const left = (UnprocessedKeys?.[TableName]?.Keys ?? []).map(({ pk }) => pk);
    expect(found.length).toBeGreaterThan(0);
    expect(left.length).toBeGreaterThan(0);
    expect([...found, ...left].sort()).toEqual([...pks].sort());
    expect(UnprocessedKeys?.[TableName]).toMatchObject({ ConsistentRead: true, ProjectionExpression: 'pk' });
  });
});

describe('a partition that is at its limit', () => {
  const fill = (db: Db, pk: (index: number) => string, more = {}) =>
    Promise.allSettled(
      Array.from({ length: 15 }, (_, index) =>
        db.send(new PutCommand({ TableName, Item: { pk: pk(index), sk: `s${index}`, ...more } })),
      ),
    );
  const refused = (ends: PromiseSettledResult<unknown>[]) =>
    ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as Error).name] : []));
  const limit = { partitionWriteUnits: 10 };

  it('throttles single writes to one key and to no other', async () => {
    const { db } = await loaded(limit);
    expect(refused(await fill(db, (index) => `p${index}`))).toEqual([]);
    const names = refused(await fill(db, () => 'hot'));
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names)).toEqual(new Set(['ThrottlingException']));
  });

  it('throttles the table for an index whose key is hot', async () => {
    const { db } = await loaded(limit);
    expect(refused(await fill(db, (index) => `p${index}`, { gpk: 'hot' })).length).toBeGreaterThan(0);
  });

  it('cancels a transaction that has no room, and nothing of it is written', async () => {
    const { db } = await loaded(limit);
    const parts = (sk: string) => Array.from({ length: 6 }, (_, index) => put(`t${sk}${index}`));
    await write(db, ...parts('a'));
    const hot = Array.from({ length: 6 }, (_, index) => ({ Put: { TableName, Item: { pk: 'hot', sk: `${index}` } } }));
    const error = await write(db, ...hot).catch((reason: unknown) => reason);
    expect(reasonsOf(error)).toEqual(['None', 'None', 'None', 'None', 'None', 'ThrottlingError']);
    expect((await db.send(new ScanCommand({ TableName }))).Count).toBe(6);
  });

  it('has room again a moment later', async () => {
    const { db } = await loaded(limit);
    await fill(db, () => 'hot');
    const again = () =>
      db.send(new PutCommand({ TableName, Item: { pk: 'hot', sk: 'again' } })).then(() => 'written', String);
    await expect.poll(again).toBe('written');
  });
});

describe('the settings', () => {
  it('are read from the environment', () => {
    expect(
      loadFromEnv({
        STOWAGE_LOCAL_DYNAMO_SEED: '7',
        STOWAGE_LOCAL_DYNAMO_HOLD_MS: '5-20',
        STOWAGE_LOCAL_DYNAMO_INDEX_LAG_MS: '100',
        STOWAGE_LOCAL_DYNAMO_UNPROCESSED_SHARE: '0.25',
        STOWAGE_LOCAL_DYNAMO_PARTITION_WRITE_UNITS: '1000',
      }),
    ).toEqual({ seed: 7, holdMs: [5, 20], indexLagMs: 100, unprocessedShare: 0.25, partitionWriteUnits: 1000 });
    expect(loadFromEnv({ STOWAGE_LOCAL_DYNAMO_HOLD_MS: '10', STOWAGE_LOCAL_DYNAMO_SEED: '' })).toEqual({
      holdMs: [10, 10],
    });
  });

  it.each([
    ['STOWAGE_LOCAL_DYNAMO_HOLD_MS', 'long'],
    ['STOWAGE_LOCAL_DYNAMO_HOLD_MS', '20-5'],
    ['STOWAGE_LOCAL_DYNAMO_INDEX_LAG_MS', '5-20'],
    ['STOWAGE_LOCAL_DYNAMO_UNPROCESSED_SHARE', '-1'],
  ])('that make no sense are refused by name: %s=%s', (name, value) => {
    expect(() => loadFromEnv({ [name]: value })).toThrow(name);
  });
});
