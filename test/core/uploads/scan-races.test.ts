import { describe, expect, it } from 'vitest';
import { purge } from '#core/files/purge.ts';
import type { UploadFile } from '#core/files/record.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { bytes, minutes, scanWorld } from './scan-support.ts';
import { leftovers } from './support.ts';

const { world, store, open, etagOf, judge, count, sweep, expectGone } = scanWorld();

describe('a verdict that is cut off', () => {
  it('after any of its steps leaves what the next try finishes', async () => {
    for (const [operation, nth] of [
      ['CopyObject', 1],
      ['DeleteObject', 1],
    ] as const) {
      const file = await store();
      const etag = await etagOf(file);
      let seen = 0;
      world().faults.r2 = (request) => {
        if (request.operation !== operation) return undefined;
        seen += 1;
        return seen >= nth ? { status: 500, code: 'InternalError' } : undefined;
      };
      await judge(file, 'clean', etag).catch(() => undefined);
      world().faults.r2 = undefined;
      expect(await judge(file, 'clean', etag)).toBe('clean');
      world().time.offsetMs += 16 * minutes;
      await sweep(file);
      expect(await world().objectKeys()).toEqual([]);
      expect(await world().objectKeys('public')).toEqual([file.key]);
      const { bucket, also, dueAt } = await open(file);
      expect({ bucket, also, dueAt }).toEqual({ bucket: 'public' });
      await world().files.release(await open(file), world().clock.now());
      await purge(world(), file.id);
    }
    expect(await leftovers(world())).toEqual([]);
  });

  it('beside a deletion for good leaves nothing in public', async () => {
    for (let round = 0; round < 6; round += 1) {
      const file = await store();
      const etag = await etagOf(file);
      const remove = async () => {
        await world().files.release((await world().files.get(file.id)) ?? file, world().clock.now());
        await purge(world(), file.id);
      };
      const work = [() => judge(file, 'clean', etag), remove];
      await Promise.allSettled((round % 2 === 0 ? work : work.reverse()).map((each) => each()));
      const found = await world().files.get(file.id);
      if (found !== undefined) await remove();
      expect(await leftovers(world())).toEqual([]);
    }
  });

  const remove = async (file: UploadFile) => {
    await world().files.release((await world().files.get(file.id)) ?? file, world().clock.now());
    await purge(world(), file.id);
  };

  it('between the copy and the record is known to a deletion, which takes both places', async () => {
    const file = await store();
    const etag = await etagOf(file);
    world().faults.dynamo = ({ operation }) => (operation === 'TransactWriteItems' ? { type: 'Lost' } : undefined);
    await expect(judge(file, 'clean', etag)).rejects.toThrow();
    world().faults.dynamo = undefined;
    expect(await world().objectKeys('public')).toEqual([file.key]);
    await remove(file);
    expect(await leftovers(world())).toEqual([]);
  });

  it('takes back what it copied for a file that was deleted for good meanwhile', async () => {
    const file = await store();
    const etag = await etagOf(file);
    world().faults.dynamo = async ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      world().faults.dynamo = undefined;
      expect(await world().objectKeys('public')).toEqual([file.key]);
      await remove(file);
      // As it was when the copy arrived after the deletion had looked there.
      await world().objects.put({ bucket: 'public', key: file.key }, bytes, { contentType: 'text/plain' });
      return undefined;
    };
    expect((await refusalOf(judge(file, 'clean', etag))).code).toBe('file_not_found');
    expect(await leftovers(world())).toEqual([]);
  });

  it('twice at once lets it out once', async () => {
    const file = await store();
    const etag = await etagOf(file);
    expect(await Promise.all([1, 2, 3].map(() => judge(file, 'clean', etag)))).toEqual(Array(3).fill('clean'));
    expect(await world().objectKeys('public')).toEqual([file.key]);
    expect(await world().objectKeys()).toEqual([]);
    expect(await count()).toBe(1);
  });

  it('clean against infected ends with the file gone', async () => {
    const file = await store();
    const etag = await etagOf(file);
    await Promise.all([judge(file, 'clean', etag), judge(file, 'infected', etag)]);
    await expectGone(file);
  });
});
