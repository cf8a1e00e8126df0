import { describe, expect, it } from 'vitest';
import { newId, newObjectKey } from '#core/files/ids.ts';
import { objectOf } from '#core/files/record.ts';
import type { ReconcileDeps } from '#core/reconcile/run.ts';
import { sessionFile } from '#test/support/records.ts';
import { allItems } from '#test/support/tables.ts';
import { boundWorld, reconciler, storedFile } from './support.ts';

const hour = 3_600_000;
const day = 24 * hour;
const world = boundWorld();

const graceMs = 7 * day;
const run: ReturnType<typeof reconciler> = (options, deps = {}) => reconciler(world())(options, { graceMs, ...deps });

const put = (key: string) =>
  world().objects.put({ bucket: 'default', key }, Buffer.from('x'), { contentType: 'text/plain' });

const stored = () => storedFile(world());

async function strays(count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, () => newObjectKey('extensions', newId(world().clock.now()), 'webp'));
  await Promise.all(keys.map(put));
  return keys.sort();
}

const suspects = async () =>
  (await allItems(world().table)).filter(({ pk }) => String(pk).startsWith('SUSPECTS#')).map(({ sk }) => String(sk));

describe('an object without record', () => {
  it('goes after it has been seen so for seven days, not before, and its going is written down', async () => {
    const kept = await stored();
    const [stray = ''] = await strays(1);
    world().time.offsetMs = 3 * hour;
    expect(await run()).toMatchObject({ objectsWithoutRecord: { count: 1 }, waiting: { objectsWithoutRecord: 1 } });
    world().time.offsetMs += graceMs - hour;
    expect(await run()).toMatchObject({ repaired: 0, waiting: { objectsWithoutRecord: 1 } });
    expect(await world().objectKeys()).toContain(stray);
    world().time.offsetMs += 2 * hour;
    const lines: unknown[] = [];
    const log: ReconcileDeps['log'] = (...line) => void lines.push(line);
    expect(await run({ dryRun: true }, { log })).toMatchObject({ waiting: { objectsWithoutRecord: 1 } });
    expect(lines).toEqual([]);
    expect(await run({}, { log })).toMatchObject({ repaired: 1, removed: { objectsWithoutRecord: 1 } });
    expect(lines).toEqual([['WARN', 'reconcile removed', expect.objectContaining({ name: stray })]]);
    expect(await world().objectKeys()).toEqual([kept.key]);
    expect(await suspects()).toEqual([]);
  });

  it('is forgotten when it gets its record back, or is gone, or is another under the same name', async () => {
    await stored();
    const files = [sessionFile(), sessionFile(), sessionFile()];
    for (const { key } of files) await put(key);
    world().time.offsetMs = 3 * hour;
    await run();
    expect(await suspects()).toHaveLength(3);
    const [back, gone, again] = files;
    if (back === undefined || gone === undefined || again === undefined) throw new Error('three files');
    await world().files.reserve(back, []);
    await world().objects.delete(objectOf(gone));
    await world().objects.delete(objectOf(again));
    world().time.offsetMs = 6 * day;
    await put(again.key);
    expect(await run()).toMatchObject({ waiting: { objectsWithoutRecord: 0 }, removed: { objectsWithoutRecord: 0 } });
    expect(await suspects()).toEqual([]);
    expect(await world().objectKeys()).toContain(again.key);
  });

  it('of more than there could be by accident none goes, until an administrator has confirmed what a dry run found', async () => {
    await stored();
    const keys = await strays(11);
    world().time.offsetMs = 3 * hour;
    const stop = { reason: 'too_many_orphans', bucket: 'default', count: 11, limit: 10 };
    // At first sight, and not when the days are over.
    expect((await run()).stopped).toEqual([{ ...stop, message: expect.stringContaining('`confirm`') }]);
    world().time.offsetMs += graceMs + hour;
    expect(await run()).toMatchObject({ stopped: [stop], repaired: 0 });
    expect(await world().objectKeys()).toHaveLength(12);
    const { stopped } = await run({ dryRun: true });
    expect(stopped).toMatchObject([stop]);
    const confirm = stopped[0]?.confirm;
    // Another one has come since: that is not what was confirmed.
    keys.push(...(await strays(1)));
    world().time.offsetMs += 3 * hour;
    const later = (await run({ dryRun: true })).stopped[0]?.confirm;
    await expect(run({ confirm })).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await run({ confirm: later })).toMatchObject({ stopped: [{ count: 12 }], confirmed: [], repaired: 0 });
    const now = (await run({ dryRun: true })).stopped[0]?.confirm;
    expect(await run({ confirm: now })).toMatchObject({ confirmed: ['too_many_orphans'], stopped: [], repaired: 11 });
    expect(await world().objectKeys()).toHaveLength(2);
    // The last one's days are not over; nobody need confirm it again.
    world().time.offsetMs += graceMs;
    expect(await run()).toMatchObject({ stopped: [], repaired: 1 });
    expect(await world().objectKeys()).toHaveLength(1);
  });

  it('is never judged while the table has no record of any file', async () => {
    const keys = await strays(4);
    world().time.offsetMs = 3 * hour;
    await run();
    world().time.offsetMs += 30 * day;
    expect(await run()).toMatchObject({ stopped: [{ reason: 'table_without_records', count: 4 }], repaired: 0 });
    expect(await world().objectKeys()).toEqual(keys);
  });
});

describe('a record without object', () => {
  it('goes after days, and stays when its object comes back', async () => {
    const [lost, back] = [await stored(), await stored()];
    for (const file of [lost, back]) await world().objects.delete(objectOf(file));
    expect(await run()).toMatchObject({ recordsWithoutObject: { count: 2 }, waiting: { recordsWithoutObject: 2 } });
    await put(back.key);
    world().time.offsetMs = graceMs + hour;
    expect(await run()).toMatchObject({ removed: { recordsWithoutObject: 1 }, waiting: { recordsWithoutObject: 0 } });
    expect(await world().files.get(lost.id)).toBeUndefined();
    expect(await world().files.get(back.id)).toMatchObject({ state: 'ready' });
    expect(await suspects()).toEqual([]);
  });

  it('of many at once none goes unconfirmed', async () => {
    const files = await Promise.all(Array.from({ length: 11 }, () => stored()));
    await Promise.all(files.map((file) => world().objects.delete(objectOf(file))));
    world().time.offsetMs = hour;
    await run();
    world().time.offsetMs += graceMs;
    expect(await run()).toMatchObject({ stopped: [{ reason: 'too_many_missing', count: 11, limit: 10 }], repaired: 0 });
    const confirm = (await run({ dryRun: true })).stopped[0]?.confirm;
    expect(await run({ confirm })).toMatchObject({ removed: { recordsWithoutObject: 11 }, stopped: [] });
    expect(await world().files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: 0, fileCount: 0 });
  });
});
