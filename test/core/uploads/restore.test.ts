import { describe, expect, it } from 'vitest';
import type { UploadFile } from '#core/files/record.ts';
import { expireFile, releaseExpired, sweepOne } from '#core/files/sweep.ts';
import { deleteUpload, getLiveUpload, listUploads, restoreUpload } from '#core/uploads/own-uploads.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { leftovers, settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const graceMs = settings.graceSeconds * 1000;
const owned = ({ id, userId }: UploadFile) => ({ userId, fileId: id });
const store = (more: { coinName?: string; userId?: string } = {}) =>
  storeUpload(
    world(),
    {
      userId: 'user',
      visibility: 'public',
      originalName: 'a.txt',
      declaredType: 'text/plain',
      bytes: Buffer.from('hello'),
      ...more,
    },
    settings,
  );
const remove = (file: UploadFile) => deleteUpload(world(), owned(file), settings);
const restore = (file: UploadFile) => restoreUpload(world(), owned(file));
const list = async (query: { coinName?: string; deleted?: boolean } = {}) => {
  await world().settleIndexes();
  return await listUploads(world(), 'user', { page: 1, limit: 10, ...query });
};

/** What the lists say of one file, held against each other: it is in those of the living or in that of the deleted. */
async function expectListed(file: UploadFile, where: 'live' | 'deleted' | 'nowhere') {
  for (const [query, expected] of [
    [{}, where === 'live'],
    [{ coinName: 'GOGO' }, where === 'live'],
    [{ deleted: true }, where === 'deleted'],
  ] as const) {
    const { items, count } = await list(query);
    expect({ query, count, ids: items.map(({ id }) => id) }).toEqual({
      query,
      count: expected ? 1 : 0,
      ids: expected ? [file.id] : [],
    });
  }
}

describe('a file that is restored', () => {
  it('is what it was, between its neighbours, and has no end any more', async () => {
    const [older, file, newer] = [await store(), await store({ coinName: 'GOGO' }), await store()];
    await remove(file);
    expect((await list()).items.map(({ id }) => id)).toEqual([newer.id, older.id]);
    const restored = await restore(file);
    const { rev: _, updatedAt: __, restoredAt, ...same } = restored;
    const { rev: ___, updatedAt: ____, ...before } = file;
    expect(same).toEqual(before);
    expect(restoredAt).toMatch(/Z$/);
    expect((await list()).items.map(({ id }) => id)).toEqual([newer.id, file.id, older.id]);
    expect((await list({ coinName: 'GOGO' })).count).toBe(1);
    world().time.offsetMs = graceMs * 3;
    await expireFile(world(), file.id);
    expect(await sweepOne(world(), restored)).toBe(false);
    expect(await getLiveUpload(world(), owned(file))).toEqual(restored);
    expect(await world().objectKeys('public')).toHaveLength(3);
    expect((await world().items()).filter(({ sk }) => sk === 'EXPIRY')).toEqual([]);
  });

  it('is answered the same by every repetition, and so is one that was never deleted', async () => {
    const file = await store({ coinName: 'GOGO' });
    expect(await restore(file)).toEqual(file);
    await remove(file);
    const answers = await Promise.all(Array.from({ length: 5 }, () => restore(file)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await expectListed(file, 'live');
  });

  it('may be deleted again, for a new grace period', async () => {
    const file = await store({ coinName: 'GOGO' });
    await remove(file);
    await restore(file);
    world().time.offsetMs = graceMs - 1000;
    const again = await remove(file);
    world().time.offsetMs = graceMs * 2 - 2000;
    await expireFile(world(), file.id);
    await expectListed(file, 'deleted');
    expect(again.expiresAt).toBeGreaterThan(Date.now() + graceMs);
    expect((await restore(file)).deletedAt).toBeUndefined();
  });

  it('is nobody else\u2019s, and nothing that is still on its way', async () => {
    const file = await store();
    await remove(file);
    const stranger = restoreUpload(world(), { userId: 'stranger', fileId: file.id });
    expect((await refusalOf(stranger)).code).toBe('file_not_found');
    for (const fileId of ['0'.repeat(24), 'no-id']) {
      expect((await refusalOf(restoreUpload(world(), { userId: 'user', fileId }))).code).toBe('file_not_found');
    }
  });
});

describe('after the grace period', () => {
  it('it says so until the record is gone, whatever TTL has done, and then that there is no file', async () => {
    const file = await store({ coinName: 'GOGO' });
    const { expiresAt = 0 } = await remove(file);
    world().time.offsetMs = graceMs + 1000;
    const late = await refusalOf(restore(file));
    expect(late).toMatchObject({ code: 'grace_period_over', details: { until: new Date(expiresAt).toISOString() } });
    expect((await list({ deleted: true })).items).toEqual([]);
    world().faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 500, code: 'InternalError' } : undefined;
    await expect(expireFile(world(), file.id)).rejects.toThrow();
    expect((await refusalOf(restore(file))).code).toBe('grace_period_over');
    world().faults.r2 = undefined;
    await expireFile(world(), file.id);
    expect((await refusalOf(restore(file))).code).toBe('file_not_found');
    await expectListed(file, 'nowhere');
    expect(await leftovers(world())).toEqual([]);
  });

  it('many of one owner go together, each counted once', async () => {
    const all = await Promise.all(Array.from({ length: 16 }, () => store({ coinName: 'GOGO' })));
    for (const file of all) await remove(file);
    expect((await list({ deleted: true })).count).toBe(16);
    world().time.offsetMs = graceMs + 1000;
    world().calls.length = 0;
    await releaseExpired(
      world(),
      all.map(({ id }) => id),
    );
    expect(world().calls.filter((call) => call === 'dynamo TransactWriteItems')).toHaveLength(1);
    for (const { id } of all) await expireFile(world(), id);
    expect(await leftovers(world())).toEqual([]);
  });
});

describe('races', () => {
  it('against the clean-up: either the file is whole or it is gone whole', async () => {
    const ends = new Set<string>();
    for (let round = 0; round < 12; round += 1) {
      const file = await store({ coinName: 'GOGO' });
      await remove(file);
      // The clean-up's clock is ahead of the function's: both believe that it is their turn.
      const ahead = { ...world(), clock: { now: () => new Date(Date.now() + graceMs + 1000) } };
      const work = [() => restore(file), () => expireFile(ahead, file.id)];
      const order = round % 2 === 0 ? work : work.reverse();
      const outcomes = await Promise.allSettled(order.map((each) => each()));
      const restored = outcomes[round % 2]?.status === 'fulfilled';
      ends.add(String(restored));
      if (restored) {
        expect(await world().objects.head(file)).toBeDefined();
        await expectListed(file, 'live');
        await world().files.release(await getLiveUpload(world(), owned(file)), new Date());
        await expireFile(world(), file.id);
      }
      await expectListed(file, 'nowhere');
      expect(await leftovers(world())).toEqual([]);
    }
    expect([...ends].sort()).toEqual(['false', 'true']);
  });

  it('against another deletion: the lists follow the record, whoever comes last', async () => {
    for (let round = 0; round < 6; round += 1) {
      const file = await store({ coinName: 'GOGO' });
      if (round % 2 === 0) await remove(file);
      await Promise.all([restore(file), remove(file), restore(file), remove(file)]);
      const { deletedAt } = (await world().files.get(file.id)) as UploadFile;
      await expectListed(file, deletedAt === undefined ? 'live' : 'deleted');
      await remove(file);
      world().time.offsetMs = graceMs + 1000;
      await expireFile(world(), file.id);
      world().time.offsetMs = 0;
      expect(await leftovers(world())).toEqual([]);
    }
  });

  it('an answer that was lost is asked for again: the restoration happened once', async () => {
    const file = await store({ coinName: 'GOGO' });
    await remove(file);
    let lost = 0;
    world().faults.dynamo = ({ operation }) => {
      if (operation !== 'TransactWriteItems' || lost > 0) return undefined;
      lost += 1;
      return { afterEffect: 'reset' };
    };
    await restore(file);
    world().faults.dynamo = undefined;
    expect(lost).toBe(1);
    await expectListed(file, 'live');
  });
});
