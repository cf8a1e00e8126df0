import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { reconcileKey, reportsPk } from '#adapters/dynamo/keys.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { markerPrefix } from '#core/files/ids.ts';
import { sessionFile, uploadFile } from '#test/support/records.ts';
import { allItems, createTable, emptyTable } from '#test/support/tables.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { reconciler, storedFile } from './support.ts';

const it = worldTest;

const day = 86_400_000;

beforeEach(() => {
  world.time.offsetMs = 0;
});
afterEach(async () => {
  await world.reset();
});

const run: ReturnType<typeof reconciler> = (...given) => reconciler(world)(...given);

const put = (key: string, bucket: 'default' | 'public' = 'default') =>
  world.objects.put({ bucket, key }, Buffer.from('x'), { contentType: 'text/plain' });

const stored = () => storedFile(world);

const markers = async (bucket: 'files' | 'public' = 'files') =>
  (await world.allKeys(bucket)).filter((key) => key.startsWith(markerPrefix));

const refused = (reason: string, bucket = 'default') => ({
  code: 'reconcile_refused',
  details: { stopped: [{ reason, bucket }] },
});

/** Nothing in table and bucket may change by this, whatever it answers. */
async function untouched(work: () => Promise<unknown>): Promise<void> {
  const before = [await allItems(world.table), await world.allKeys()];
  await work();
  expect([await allItems(world.table), await world.allKeys()]).toEqual(before);
}

/** The receipt of what stops a dry run. */
async function confirmation(options = {}): Promise<string> {
  const { stopped } = await run({ dryRun: true }, options);
  const [first] = stopped;
  expect(first?.confirm).toBeDefined();
  return first?.confirm ?? '';
}

describe('a bucket and its table', () => {
  it('are bound by the first run of an empty bucket, and the mark is renewed, never doubled', async () => {
    await run();
    const [first = '', ...more] = await markers();
    expect(more).toEqual([]);
    await stored();
    world.time.offsetMs += 3000;
    expect(await run()).toMatchObject({ stopped: [], checked: { objects: 1 } });
    const [second = '', ...others] = await markers();
    expect(others).toEqual([]);
    expect(second > first).toBe(true);
    expect(second.split('/').at(-1)).toBe(first.split('/').at(-1));
  });

  it('are bound where the table knows the objects, as in a stack that is older than the mark', async () => {
    await stored();
    await stored();
    expect(await run()).toMatchObject({ complete: true, stopped: [] });
    expect(await markers()).toHaveLength(1);
  });

  it('are bound by no dry run', async () => {
    await stored();
    await untouched(() => run({ dryRun: true }));
  });

  it('the mark discloses nothing but in its unguessable name, and each bucket has one', async () => {
    await run({}, { buckets: ['default', 'public'] });
    const [key = ''] = await markers('public');
    const bytes = await world.objects.get({ bucket: 'public', key }, { maxBytes: 1000 });
    expect(Buffer.from(bytes ?? []).toString()).toMatch(/^Ties this bucket to the table of its files\./);
    expect(key).toMatch(/\/[0-9a-f-]{32,36}$/);
  });

  it('a new table empties no bucket: refused, dry tells why, and nothing is written', async () => {
    const file = await stored();
    await run();
    await emptyTable(world.table);
    const other = await createTable(world.dynamoEndpoint);
    const store = createReconcileStore(other);
    world.time.offsetMs = 30 * day;
    const dry = await run({ dryRun: true }, { store });
    expect(dry).toMatchObject({ objectsWithoutRecord: { count: 1 }, stopped: [{ reason: 'bucket_of_another_table' }] });
    for (let again = 0; again < 3; again += 1) {
      await expect(run({}, { store })).rejects.toMatchObject(refused('bucket_of_another_table'));
    }
    expect(await world.objectKeys()).toEqual([file.key]);
    // Besides the reports, which say that it was refused.
    const written = (await allItems(other)).map(({ pk }) => pk).filter((pk) => pk !== reportsPk);
    expect(written).toEqual([reconcileKey.pk]);
  });

  it('a bucket of unknown files is not bound, neither by an empty table nor by one with other records', async () => {
    await put(sessionFile().key);
    await expect(run()).rejects.toMatchObject(refused('bucket_unknown'));
    await stored();
    await expect(run()).rejects.toMatchObject(refused('bucket_unknown'));
    expect(await markers()).toEqual([]);
  });

  it('a stage with the bucket of another is refused, and the other goes on', async () => {
    await stored();
    await run();
    const staging = createReconcileStore(await createTable(world.dynamoEndpoint));
    await expect(run({}, { store: staging })).rejects.toMatchObject(refused('bucket_of_another_table'));
    expect(await run()).toMatchObject({ stopped: [], complete: true });
  });

  it('another bucket under the name of the old one makes no record go', async () => {
    const file = await stored();
    await run();
    for (const key of await world.allKeys()) await world.objects.delete({ bucket: 'default', key });
    await expect(run()).rejects.toMatchObject(refused('bucket_without_marker'));
    expect(await world.files.get(file.id)).toMatchObject({ state: 'ready' });
  });

  it('a table of an earlier time is known by what the bucket has seen since, however often it tries', async () => {
    await stored();
    await run();
    const earlier = await allItems(world.table);
    await run();
    await run();
    const later = await stored();
    await emptyTable(world.table);
    for (const Item of earlier) await world.table.documents.send(new PutCommand({ TableName: world.table.name, Item }));
    world.time.offsetMs = 30 * day;
    for (let again = 0; again < 4; again += 1) await expect(run()).rejects.toMatchObject(refused('table_restored'));
    expect(await world.objectKeys()).toContain(later.key);
  });

  it('a table taken back by minutes, with no run between, takes no file along before the days are over', async () => {
    await stored();
    await run();
    const earlier = await allItems(world.table);
    const later = await stored();
    await emptyTable(world.table);
    for (const Item of earlier) await world.table.documents.send(new PutCommand({ TableName: world.table.name, Item }));
    world.time.offsetMs = 3 * 3_600_000;
    expect(await run({}, { graceMs: 7 * day })).toMatchObject({ stopped: [], waiting: { objectsWithoutRecord: 1 } });
    expect(await world.objectKeys()).toContain(later.key);
  });

  it('a restored table is known by its name within DynamoDB, though it holds the newest records', async () => {
    await stored();
    await run();
    const copy = await createTable(world.dynamoEndpoint);
    for (const Item of await allItems(world.table)) {
      await copy.documents.send(new PutCommand({ TableName: copy.name, Item }));
    }
    const store = createReconcileStore(copy);
    await expect(run({}, { store })).rejects.toMatchObject(refused('table_restored'));
    const confirm = await confirmation({ store });
    expect(await run({ confirm }, { store })).toMatchObject({ confirmed: ['table_restored'], stopped: [] });
    // The old table has lost its bucket, and does not take it back by itself.
    await expect(run()).rejects.toMatchObject(refused('bucket_of_another_table'));
    expect(await run({}, { store })).toMatchObject({ stopped: [] });
  });

  it('a confirmation binds what was refused, and nothing goes before its time all the same', async () => {
    const key = sessionFile().key;
    await put(key);
    const { key: known } = await stored();
    const graceMs = 7 * day;
    world.time.offsetMs = 3 * 3_600_000;
    const confirm = await confirmation({ graceMs });
    expect(await run({ confirm }, { graceMs })).toMatchObject({
      confirmed: ['bucket_unknown'],
      waiting: { objectsWithoutRecord: 1 },
      removed: { objectsWithoutRecord: 0 },
    });
    expect((await world.objectKeys()).sort()).toEqual([key, known].sort());
    expect(await run({}, { graceMs })).toMatchObject({ confirmed: [], stopped: [] });
  });

  it('a confirmation is worth nothing for what it was not given for, or when it is old', async () => {
    await put(sessionFile().key);
    const confirm = await confirmation();
    await expect(run({ confirm: 'yes' })).rejects.toMatchObject({ code: 'validation_failed' });
    const other = createReconcileStore(await createTable(world.dynamoEndpoint));
    await expect(run({ confirm }, { store: other })).rejects.toMatchObject(refused('bucket_unknown'));
    world.time.offsetMs = 3_600_001;
    await expect(run({ confirm })).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await markers()).toEqual([]);
  });

  it('killed between table and bucket it starts again', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 503, code: 'ServiceUnavailable' } : undefined;
    await expect(run()).rejects.toMatchObject({ reason: 'unavailable' });
    world.faults.r2 = undefined;
    expect(await run()).toMatchObject({ stopped: [], complete: true });
    world.time.offsetMs += 3000;
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 503, code: 'ServiceUnavailable' } : undefined;
    await expect(run()).rejects.toMatchObject({ reason: 'unavailable' });
    world.faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 503, code: 'ServiceUnavailable' } : undefined;
    await expect(run()).rejects.toMatchObject({ reason: 'unavailable' });
    expect(await markers()).toHaveLength(2);
    world.faults.r2 = undefined;
    world.time.offsetMs += 3000;
    expect(await run()).toMatchObject({ stopped: [], complete: true });
    expect(await markers()).toHaveLength(1);
  });

  it('a bucket whose lock lets nothing go is bound and bound anew', async () => {
    const buckets = ['default', 'public'] as const;
    world.faults.r2 = ({ operation, bucket }) =>
      operation === 'DeleteObject' && bucket === 'public'
        ? { status: 403, code: 'ObjectLockedByBucketPolicy' }
        : undefined;
    await run({}, { buckets: [...buckets] });
    await run({}, { buckets: [...buckets] });
    expect(await markers('public')).toHaveLength(1);
    const { pk, sk } = reconcileKey;
    await world.table.documents.send(new DeleteCommand({ TableName: world.table.name, Key: { pk, sk } }));
    const confirm = await confirmation({ buckets: [...buckets] });
    await run({ confirm }, { buckets: [...buckets] });
    expect(await markers('public')).toHaveLength(2);
    expect(await run({}, { buckets: [...buckets] })).toMatchObject({ stopped: [] });
  });

  it('a bucket that is added later is bound by its own', async () => {
    await run();
    const file = uploadFile();
    await world.files.reserve(file, []);
    await put(file.key, 'public');
    expect(await run({}, { buckets: ['default', 'public'] })).toMatchObject({ stopped: [] });
    expect(await markers('public')).toHaveLength(1);
  });
});
