import { describe, expect, it } from 'vitest';
import type { UploadFile } from '#core/files/record.ts';
import { deleteUpload, getUpload, restoreUpload } from '#core/uploads/own-uploads.ts';
import { minutes, scanWorld } from './scan-support.ts';
import { leftovers, settings } from './support.ts';

const { world, store, owned, open, etagOf, judge, sweep } = scanWorld();

const remove = (file: UploadFile) => deleteUpload(world(), owned(file), settings);
const restore = (file: UploadFile) => restoreUpload(world(), owned(file));
const isPublic = async (file: UploadFile) => (await world().objectKeys('public')).includes(file.key);

/** Does this between the copy to the public bucket and the record that follows it. */
function afterTheCopy(work: () => Promise<unknown>) {
  world().calls.length = 0;
  world().faults.dynamo = async ({ operation }) => {
    if (operation !== 'TransactWriteItems' || !world().calls.includes('r2 CopyObject')) return undefined;
    world().faults.dynamo = undefined;
    await work();
    return undefined;
  };
}

/** The public copy is written and its function killed before the record, and then the owner deletes the file. */
async function leftByAKilledOne(file: UploadFile) {
  const etag = await etagOf(file);
  world().faults.dynamo = ({ operation }) => (operation === 'TransactWriteItems' ? { type: 'Lost' } : undefined);
  await expect(judge(file, 'clean', etag)).rejects.toThrow();
  world().faults.dynamo = undefined;
  await remove(file);
  expect(await isPublic(file)).toBe(true);
}

/** Whatever happened before: a restored file goes public, its bytes in one place. */
async function expectRestoredWhole(file: UploadFile) {
  await restore(file);
  expect(await open(file)).toMatchObject({ id: file.id });
  world().time.offsetMs += 2 * minutes;
  expect(await sweep(file)).toBe(true);
  expect(await world().objectKeys('public')).toEqual([file.key]);
  expect(await world().objectKeys()).toEqual([]);
  const { bucket, also, dueAt, quarantine } = await open(file);
  expect({ bucket, also, dueAt, quarantine }).toEqual({ bucket: 'public' });
}

describe('a file that its owner deletes while it is let out', () => {
  it('is open nowhere once the verdict is answered, and public again after it is restored', async () => {
    const file = await store();
    const etag = await etagOf(file);
    afterTheCopy(() => remove(file));
    expect(await judge(file, 'clean', etag)).toBe('clean');
    expect(await isPublic(file)).toBe(false);
    const deleted = await getUpload(world(), owned(file));
    expect(deleted).toMatchObject({ scanned: { verdict: 'clean' }, dueAt: deleted.expiresAt });
    expect(deleted.deletedAt).toBeDefined();
    await expectRestoredWhole(file);
  });

  it('is open nowhere where the schedule let it out, its time being over', async () => {
    const file = await store({ onTimeout: 'release' });
    world().time.offsetMs = 61 * minutes;
    afterTheCopy(() => remove(file));
    await sweep(file);
    expect(await isPublic(file)).toBe(false);
    await expectRestoredWhole(file);
  });

  it('and restores at once is let out all the same', async () => {
    const file = await store();
    const etag = await etagOf(file);
    afterTheCopy(async () => {
      await remove(file);
      await restore(file);
    });
    expect(await judge(file, 'clean', etag)).toBe('clean');
    expect(await world().objectKeys('public')).toEqual([file.key]);
    expect(await world().objectKeys()).toEqual([]);
  });
});

describe('a copy that a killed function left in public before the deletion', () => {
  it('goes by the verdict that is told again', async () => {
    const file = await store();
    await leftByAKilledOne(file);
    expect(await judge(file, 'clean', await etagOf(file))).toBe('clean');
    expect(await isPublic(file)).toBe(false);
    await expectRestoredWhole(file);
  });

  it('goes by the schedule, which looks once and then at the end of the grace period', async () => {
    const file = await store();
    await leftByAKilledOne(file);
    world().time.offsetMs = 16 * minutes;
    expect(await sweep(file)).toBe(true);
    expect(await isPublic(file)).toBe(false);
    expect(await sweep(file)).toBe(false);
    world().time.offsetMs = settings.graceSeconds * 1000 + minutes;
    expect(await sweep(file)).toBe(true);
    expect(await leftovers(world())).toEqual([]);
  });

  it('goes by the next to come where the bucket did not answer, or the table after it', async () => {
    const breakIt = [
      () => {
        world().faults.r2 = ({ operation }) =>
          operation === 'DeleteObject' ? { status: 500, code: 'InternalError' } : undefined;
      },
      () => {
        world().calls.length = 0;
        world().faults.dynamo = ({ operation }) =>
          operation === 'TransactWriteItems' && world().calls.includes('r2 DeleteObject')
            ? { type: 'Lost' }
            : undefined;
      },
    ];
    for (const broken of breakIt) {
      const file = await store();
      await leftByAKilledOne(file);
      broken();
      await expect(judge(file, 'clean', await etagOf(file))).rejects.toThrow();
      world().faults.r2 = undefined;
      world().faults.dynamo = undefined;
      world().time.offsetMs += 16 * minutes;
      expect(await sweep(file)).toBe(true);
      expect(await isPublic(file)).toBe(false);
      await restore(file);
      expect((await open(file)).bucket).toBe('default');
    }
  });
});

it('nobody lets out a restored file while its copy may be taken away still, so its bytes are never lost', async () => {
  const file = await store();
  await leftByAKilledOne(file);
  const etag = await etagOf(file);
  world().faults.r2 = async ({ operation }) => {
    if (operation !== 'DeleteObject') return undefined;
    world().faults.r2 = undefined;
    await restore(file);
    expect(await judge(file, 'clean', etag)).toBe('clean');
    await sweep(file);
    return undefined;
  };
  expect(await judge(file, 'clean', etag)).toBe('clean');
  expect(await isPublic(file)).toBe(false);
  expect(await world().objectKeys()).toEqual([file.key]);
  await expectRestoredWhole(file);
});
