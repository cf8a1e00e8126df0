import { beforeEach, describe, expect } from 'vitest';
import { deleteParent } from '#core/organizations/parent-deletes.ts';
import { createParent, maxUploadsPerParent, type ParentWrite } from '#core/organizations/parents.ts';
import type { Parent, ParentKind } from '#core/organizations/stores.ts';
import { underLoad } from '#test/support/load.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { join, leftovers, orgId, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest.override('load', underLoad);

beforeEach(() => reset(world));

const nothing = { objects: [], items: [] };

const write = (uploadIds: string[], more: Partial<ParentWrite> = {}) =>
  createParent(world, { kind: 'progress_photo', userId, uploadIds, fields: {}, ...more });

const many = (count: number) => Promise.all(Array.from({ length: count }, () => uploaded(world)));

const remove = ({ kind, id }: Pick<Parent, 'kind' | 'id'>, more: { userId?: string; asMember?: boolean } = {}) =>
  deleteParent(world, { kind, id, userId, asMember: true, ...more });

const rows = async (kind: ParentKind = 'progress_photo') =>
  (await world.organizations.listParents({ kind, userId }, { limit: 50 })).items;

describe('a row that is deleted', () => {
  it('is in no list any more, and its files are gone with it, whatever room it is of', async () => {
    for (const kind of ['progress_photo', 'exercise_comment', 'message'] as const) {
      const ids = [await uploaded(world, { ownerType: kind }), await uploaded(world, { ownerType: kind })];
      const parent = await write(ids, { kind });
      await remove(parent);
      expect(await rows(kind)).toEqual([]);
      const files = await world.organizations.getFiles(ids);
      expect(files.map((file) => file?.state)).toEqual(['deleting', 'deleting']);
      expect((await refusalOf(remove(parent))).code).toBe('not_found');
    }
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('takes the row and a batch to read, one transaction and one message, with as many files as a row may have', async () => {
    const parent = await write(await many(maxUploadsPerParent));
    const other = await write(await many(1));
    world.calls.length = 0;
    await remove(parent);
    // Under load a batch may come in parts.
    expect([...new Set(world.calls)]).toEqual(['dynamo GetItem', 'dynamo BatchGetItem', 'dynamo TransactWriteItems']);
    expect(world.calls.filter((call) => call === 'dynamo TransactWriteItems')).toHaveLength(1);
    expect(world.messages).toHaveLength(1);
    await world.work();
    expect(await rows()).toEqual([other]);
    expect(await world.objectKeys()).toEqual(other.files.map(({ key }) => key));
  });

  it('may be a text alone, which no bucket and no queue hears of', async () => {
    const parent = await write([], { kind: 'message', orgId, fields: { text: 'hello' } });
    await remove(parent);
    expect(world.messages).toEqual([]);
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('is not brought back by a late repeat of the request that made it', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const uploadIds = await many(1);
    const photos = () => write(uploadIds, { idempotency });
    const text = () => write([], { kind: 'message', orgId, idempotency: { ...idempotency, id: 'other' } });
    for (const again of [photos, text]) {
      const parent = await again();
      expect(await again()).toEqual(parent);
      await remove(parent);
      expect((await refusalOf(again())).code).toBe('not_found');
    }
    expect([...(await rows()), ...(await rows('message'))]).toEqual([]);
  });
});

describe('a row is deleted by nobody but', () => {
  it('its writer, by its own kind and id', async () => {
    await join(world, orgId, 'friend');
    const parent = await write(await many(1));
    const refused = async (which: Pick<Parent, 'kind' | 'id'>, more = {}) =>
      (await refusalOf(remove(which, more))).code;
    expect(await refused(parent, { userId: 'friend' })).toBe('not_found');
    expect(await refused(parent, { userId: 'friend', asMember: false })).toBe('not_found');
    expect(await refused({ kind: 'message', id: parent.id })).toBe('not_found');
    for (const id of ['f'.repeat(24), 'x', '', 'x'.repeat(5000)]) {
      expect(await refused({ kind: parent.kind, id })).toBe('not_found');
    }
    expect(await rows()).toEqual([parent]);
  });

  it('an active member of its organization, or the platform, when the membership has ended long ago', async () => {
    const parent = await write(await many(1));
    await join(world, orgId, userId, 'inactive');
    await join(world, 'another');
    expect((await refusalOf(remove(parent))).code).toBe('not_active_member');
    expect(await rows()).toEqual([parent]);
    await remove(parent, { asMember: false });
    expect((await refusalOf(remove(parent, { asMember: false }))).code).toBe('not_found');
    expect(await leftovers(world)).toEqual(nothing);
  });
});

describe('when others are at it', () => {
  it('of several deletions at once one is the one, and the others find nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const parent = await write(await many(3));
      const results = await Promise.allSettled([remove(parent), remove(parent), remove(parent, { asMember: false })]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not_found' });
      }
      expect(world.messages.splice(0)).toHaveLength(1);
    }
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('a file that goes while the row does, or went before it, keeps nobody from deleting the row', async () => {
    const parent = await write(await many(3));
    const [before, meanwhile] = await world.organizations.getFiles(parent.files.map(({ uploadId }) => uploadId));
    if (before === undefined || meanwhile === undefined) throw new Error('not stored');
    await world.files.release(before, world.clock.now());
    let tried = 0;
    world.faults.dynamo = async ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      tried += 1;
      world.faults.dynamo = undefined;
      await world.files.release(meanwhile, world.clock.now());
      return undefined;
    };
    await remove(parent);
    expect(tried).toBe(1);
    expect(await rows()).toEqual([]);
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('a membership that ends in the last moment keeps the row whole', async () => {
    const parent = await write(await many(2));
    world.faults.dynamo = async ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      world.faults.dynamo = undefined;
      await join(world, orgId, userId, 'inactive');
      return undefined;
    };
    expect((await refusalOf(remove(parent))).code).toBe('not_active_member');
    expect(await rows()).toEqual([parent]);
    const files = await world.organizations.getFiles(parent.files.map(({ uploadId }) => uploadId));
    expect(files.map((file) => file?.state)).toEqual(['ready', 'ready']);
  });

  it('a function killed after the transaction leaves records that are due, and the schedule ends it', async () => {
    const parent = await write(await many(3));
    const killed = deleteParent(
      { ...world, scheduleDelete: () => Promise.reject(new Error('killed')) },
      { kind: parent.kind, id: parent.id, userId, asMember: true },
    );
    await expect(killed).rejects.toThrow('killed');
    expect(await rows()).toEqual([]);
    expect(await world.objectKeys()).toHaveLength(3);
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('a queue that cannot be reached has the bytes gone in the request', async () => {
    const parent = await write(await many(2));
    world.faults.queue = () => {
      throw new Error('no queue');
    };
    await remove(parent);
    expect(await world.objectKeys()).toEqual([]);
  });
});
