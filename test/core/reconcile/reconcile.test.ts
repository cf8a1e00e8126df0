import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect } from 'vitest';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { countersOf, type ExtensionFile } from '#core/files/record.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { sessionFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { countsOf as counts, reconciler } from './support.ts';

const it = worldTest;

const hour = 3_600_000;
const settings = { ...defaultSettings, enabled: true };
let photo: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
});
afterEach(async () => {
  await world.reset();
});

const run: ReturnType<typeof reconciler> = (...given) => reconciler(world)(...given);

const store = (draft?: 'staged', imagePresets = {}): Promise<ExtensionFile> => {
  const owner = { appId: 'app', userId: 'user' };
  const target =
    draft === 'staged'
      ? ({ kind: 'setup', ...owner } as const)
      : ({ kind: 'session', ...owner, sessionId: 'session', lockId: 'lock' } as const);
  return storeImage(world, { target, bytes: photo, originalName: 'p.jpg' }, { ...settings, imagePresets });
};

const usage = () => world.files.usage({ kind: 'app', appId: 'app' });

describe('reconcile', () => {
  it('finds nothing where nothing is wrong, and touches nothing', async () => {
    await store();
    await store('staged');
    const before = await world.items();
    const report = await run();
    expect(counts(report)).toEqual({});
    expect(report).toMatchObject({ complete: true, repaired: 0, checked: { records: 2, counters: 83, objects: 2 } });
    expect(await world.items()).toEqual(before);
  });

  it('gives back what an upload that died between record and object holds', async () => {
    const file = sessionFile({ dueAt: Date.now() - 1 });
    const going = sessionFile();
    for (const each of [file, going]) {
      const limits = countersOf(each).map((counter) => ({ counter, limitBytes: 10_000 }));
      await world.files.reserve(each, limits);
    }
    expect(counts(await run({ dryRun: true }))).toEqual({ stuckPending: 1 });
    const report = await run();
    expect(report.stuckPending).toEqual({ count: 1, examples: [file.id] });
    expect(await world.files.get(file.id)).toBeUndefined();
    expect(await usage()).toEqual({ usedBytes: going.sizeBytes, fileCount: 1 });
  });

  it('removes expired staged files and finishes deletions that got stuck', async () => {
    const expired = await store('staged');
    const stuck = await store();
    await world.files.release(stuck, new Date());
    world.time.offsetMs = 24 * hour + 1;
    expect(counts(await run({ dryRun: true }))).toEqual({ expired: 1, stuckDeleting: 1 });
    expect(await world.objectKeys()).toHaveLength(2);
    const report = await run();
    expect(report).toMatchObject({ expired: { examples: [expired.id] }, stuckDeleting: { examples: [stuck.id] } });
    expect(report.repaired).toBe(2);
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.items()).toEqual([]);
  });

  it('recounts a counter from its records, only when it stands still', async () => {
    const file = await store();
    const drifted = { kind: 'app', appId: 'app', slice: file.slice } as const;
    await world.table.documents.send(
      new UpdateCommand({
        TableName: world.table.name,
        Key: counterKey(drifted),
        UpdateExpression: 'ADD usedBytes :more',
        ExpressionAttributeValues: { ':more': 5000 },
      }),
    );
    const actual = { usedBytes: file.sizeBytes, fileCount: 1 };
    // It moved a moment ago: an index may not show yet what it counts.
    expect(counts(await run())).toEqual({});
    world.time.offsetMs = 15 * 60_000;
    const dry = await run({ dryRun: true });
    expect(dry.counterDrift).toEqual([
      { counter: drifted, stored: { usedBytes: file.sizeBytes + 5000, fileCount: 1 }, actual },
    ]);
    expect(await usage()).toEqual({ usedBytes: file.sizeBytes + 5000, fileCount: 1 });
    expect((await run()).repaired).toBe(1);
    expect(await usage()).toEqual(actual);
  });

  it('lets a record go whose object somebody took away', async () => {
    const file = await store();
    await world.objects.delete({ bucket: 'default', key: file.key });
    expect(counts(await run({ dryRun: true }))).toEqual({ recordsWithoutObject: 1 });
    expect((await run()).recordsWithoutObject.examples).toEqual([file.id]);
    expect(await world.files.get(file.id)).toBeUndefined();
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('removes stray objects of ours after the grace period, and never what is not ours', async () => {
    await run();
    const kept = await store();
    const stray = sessionFile().key;
    const late = 'incoming/0123456789abcdef0123456789abcdef';
    const foreign = ['backups/0b5c1c1e-8d2b-4c4c-9d5c-2f6f7f3f1a11.tar', 'workouts/org/squat.mp4'];
    for (const key of [stray, late, ...foreign]) {
      await world.objects.put({ bucket: 'default', key }, Buffer.from('x'), { contentType: 'text/plain' });
    }
    expect(counts(await run())).toEqual({});
    world.time.offsetMs = 2 * hour + 60_000;
    expect(counts(await run({ dryRun: true }))).toEqual({ objectsWithoutRecord: 1 });
    expect((await run()).repaired).toBe(1);
    // An editor's upload may wait for a day.
    world.time.offsetMs = 26 * hour + 60_000;
    expect((await run()).objectsWithoutRecord.examples).toEqual([`default ${late}`]);
    expect(await world.objectKeys()).toEqual([...foreign, kept.key].sort());
  });

  it('takes the copies of a file for its own, and removes those whose file is gone', async () => {
    await run();
    const kept = await store(undefined, { thumb: 64 });
    const gone = await store('staged', { thumb: 64, card: 100 });
    const left = gone.key.replace('.webp', '-card.webp');
    await world.files.release(gone, new Date());
    for (const key of [gone.key, gone.key.replace('.webp', '-thumb.webp')]) {
      await world.objects.delete({ bucket: 'default', key });
    }
    await world.files.remove(gone.id);
    world.time.offsetMs = 2 * hour + 60_000;
    expect((await run({ dryRun: true })).objectsWithoutRecord).toEqual({ count: 1, examples: [`default ${left}`] });
    expect((await run()).removed).toEqual({ objectsWithoutRecord: 1, recordsWithoutObject: 0 });
    expect(counts(await run())).toEqual({});
    expect(await world.objectKeys()).toEqual([kept.key.replace('.webp', '-thumb.webp'), kept.key].sort());
    world.time.offsetMs = hour * 200;
    expect((await run()).counterDrift).toEqual([]);
  });

  it('lets no record go because its bucket is gone or misnamed', async () => {
    const file = await store();
    const objects = createObjectStore({ ...world.r2Config, buckets: { default: 'misnamed' } });
    await expect(run({}, { objects })).rejects.toMatchObject({ reason: 'denied' });
    expect(await world.files.get(file.id)).toEqual(file);
  });

  it('leaves alone what an older store keeps under the same prefixes', async () => {
    const older = [
      'private/user/0b5c1c1e-8d2b-4c4c-9d5c-2f6f7f3f1a11.pdf',
      'public/user/f81d4fae-7dec-41d0-a765-00a0c91e6bf6.png',
      `extensions/${'c0ffee'.repeat(7)}ab.webp`,
      'incoming/readme.txt',
    ].sort();
    for (const key of older) {
      await world.objects.put({ bucket: 'default', key }, Buffer.from('x'), { contentType: 'text/plain' });
    }
    world.time.offsetMs = 48 * hour;
    expect(counts(await run())).toEqual({});
    expect(await world.objectKeys()).toEqual(older);
  });

  it('says what it could not repair, and repairs it the next time', async () => {
    const file = await store();
    await world.files.release(file, new Date());
    world.time.offsetMs = hour;
    world.faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 503, code: 'ServiceUnavailable' } : undefined;
    const failed = await run();
    expect(failed).toMatchObject({ repaired: 0, failed: { count: 1 } });
    world.faults.r2 = undefined;
    expect(await run()).toMatchObject({ repaired: 1, failed: { count: 0 } });
    expect(await world.items()).toEqual([]);
  });

  it('sends a clean-up on its way again whose message was lost', async () => {
    await store();
    await world.lifecycle.oweCleanup({ kind: 'lock', lockId: 'lock' }, new Date());
    expect(counts(await run())).toEqual({});
    world.time.offsetMs = 2 * hour;
    expect(counts(await run({ dryRun: true }))).toEqual({ owedCleanups: 1 });
    expect(world.messages).toEqual([]);
    await run();
    await world.work();
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.items()).toEqual([]);
  });

  it('stops when its time is up and goes on from where it was', async () => {
    for (let index = 0; index < 3; index += 1) await store();
    let checked = 0;
    let report = await run({ budgetMs: 0 });
    expect(report).toMatchObject({ complete: false, checked: { records: 0 } });
    while (report.cursor !== undefined) {
      report = await run({ cursor: report.cursor });
      checked += report.checked.records;
    }
    expect(report.complete).toBe(true);
    expect(checked).toBe(3);
  });

  it('refuses a cursor it did not give', async () => {
    const forged = [
      { part: 'toString' },
      { part: 'records', after: 'x' },
      { part: 'records', after: '{"pk":1}' },
      { part: 'records', after: { pk: 'a', sk: 'b' } },
      { part: 'objects', after: {} },
      { part: 'objects', bucket: -1 },
    ].map((position) => Buffer.from(JSON.stringify(position)).toString('base64url'));
    for (const cursor of ['x', 'e30', 'bnVsbA', ...forged]) {
      await expect(run({ cursor })).rejects.toMatchObject({ code: 'validation_failed' });
    }
  });
});
