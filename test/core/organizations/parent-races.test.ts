import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { sweepOne } from '#core/files/sweep.ts';
import { createParent } from '#core/organizations/parents.ts';
import { underLoad } from '#test/support/load.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest.override('load', underLoad);

beforeEach(() => reset(world));

const write = (uploadIds: string[]) => createParent(world, { kind: 'progress_photo', userId, uploadIds, fields: {} });

const parents = async () =>
  (await world.organizations.listParents({ kind: 'progress_photo', userId }, { limit: 50 })).items;

/** Runs `step` once, right before R2 does the named operation. */
const rightBefore = (operation: string, step: () => Promise<unknown>) => {
  world.faults.r2 = async (request) => {
    if (request.operation !== operation) return undefined;
    world.faults.r2 = undefined;
    await step();
    return undefined;
  };
};

describe('two at once', () => {
  it('parents for one upload: one has it, the other is told, and the bytes are the same', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await uploaded(world);
      const results = await Promise.allSettled([write([id]), write([id]), write([id])]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'upload_not_found' });
      }
      const key = `progress-photos/user/${id}.jpg`;
      expect(await world.objects.get({ bucket: 'default', key }, { maxBytes: 99 })).toEqual(bytesOf('a photo'));
    }
    expect(await parents()).toHaveLength(5);
    expect((await world.objectKeys()).filter((key) => key.startsWith('incoming/'))).toEqual([]);
  });

  it('parents that share one of their uploads: the loser takes none of its others', async () => {
    const [shared, mine, yours] = [await uploaded(world), await uploaded(world), await uploaded(world)];
    const results = await Promise.allSettled([write([mine, shared]), write([yours, shared])]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const free = results[0].status === 'fulfilled' ? yours : mine;
    expect((await world.organizations.getFiles([free]))[0]?.state).toBe('pending');
    await write([free]);
  });

  it('the parent and the expiry: whoever comes second changes nothing, and no copy stays behind', async () => {
    const id = await uploaded(world);
    world.faults.r2 = async ({ operation }) => {
      if (operation !== 'CopyObject') return undefined;
      world.faults.r2 = undefined;
      const later = { ...world, clock: { now: () => new Date(Date.now() + 900_001) } };
      const [due] = await world.files.listDue(later.clock.now(), { limit: 1 });
      // Half of the sweep: released, its objects still there, so that the copy lands on a record that is going.
      if (due) await world.files.release(due, later.clock.now());
      return undefined;
    };
    expect(await refusalOf(write([id]))).toMatchObject({ code: 'upload_not_found' });
    const [due] = await world.files.listDue(new Date(Date.now() + 7_200_000), { limit: 1 });
    const later = { ...world, clock: { now: () => new Date(Date.now() + 7_200_000) } };
    if (due) await sweepOne(later, due);
    expect(await world.objectKeys()).toEqual([]);
    expect(await parents()).toEqual([]);
  });

  it('a parent that comes to the bytes after another took them says so, and not that they never came', async () => {
    for (const operation of ['HeadObject', 'CopyObject']) {
      const id = await uploaded(world);
      rightBefore(operation, () => write([id]));
      expect(await refusalOf(write([id]))).toMatchObject({ code: 'upload_not_found' });
    }
    expect(await parents()).toHaveLength(2);
  });

  it('a copy that lands after its record is gone is taken away by whoever made it', async () => {
    const id = await uploaded(world);
    const [file] = await world.organizations.getFiles([id]);
    if (file?.incoming === undefined) throw new Error('not staged');
    const incoming = { bucket: 'default', key: file.incoming.key } as const;
    rightBefore('CopyObject', async () => {
      await world.files.release(file, world.clock.now());
      await purge(world, file.id);
      await world.objects.put(incoming, bytesOf('a photo'), { contentType: 'image/jpeg' });
    });
    expect(await refusalOf(write([id]))).toMatchObject({ code: 'upload_not_found' });
    expect(await world.objectKeys()).toEqual([incoming.key]);
  });

  it('the expiry after the parent finds nothing to do', async () => {
    const id = await uploaded(world);
    const [staged] = await world.organizations.getFiles([id]);
    const parent = await write([id]);
    world.time.offsetMs = 3_600_000;
    if (staged) await sweepOne(world, staged);
    expect(await world.objectKeys()).toEqual([parent.files[0]?.key]);
  });
});
