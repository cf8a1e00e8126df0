import { beforeEach, describe, expect } from 'vitest';
import { giveUpUpload } from '#core/organizations/give-up-upload.ts';
import { completeLogo, getLogo, presignLogo } from '#core/organizations/logo.ts';
import { createParent } from '#core/organizations/parents.ts';
import { underLoad } from '#test/support/load.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { join, leftovers, orgId, presign, put, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest.override('load', underLoad);

beforeEach(() => reset(world));

const nothing = { objects: [], items: [] };

const write = (uploadIds: string[]) => createParent(world, { kind: 'progress_photo', userId, uploadIds, fields: {} });

const giveUp = (uploadId: string, more: { orgId?: string; userId?: string; asMember?: boolean } = {}) =>
  giveUpUpload(world, { orgId, userId, asMember: true, uploadId, ...more });

const refused = async (...given: Parameters<typeof giveUp>) => (await refusalOf(giveUp(...given))).code;

describe('an upload that is given up', () => {
  it('can be consumed no more, and nothing of it stays, whether its bytes came or not', async () => {
    for (const id of [await uploaded(world), (await presign(world)).uploadId]) {
      await giveUp(id);
      expect((await refusalOf(write([id]))).code).toBe('upload_not_found');
      expect(await refused(id)).toBe('not_found');
    }
    await world.work();
    expect(await world.objectKeys()).toEqual([]);
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('is rid of what its URL brings later, too', async () => {
    const upload = await presign(world);
    await giveUp(upload.uploadId);
    await world.work();
    expect(await put(upload)).toBe(200);
    expect(await world.objectKeys()).toHaveLength(1);
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('leaves the logo what it was', async () => {
    const who = { orgId, userId };
    const logo = async () => {
      const upload = await presignLogo(world, who, { mimeType: 'image/jpeg', sizeBytes: 7 });
      await put(upload);
      return upload.uploadId;
    };
    const first = await logo();
    await completeLogo(world, who, first);
    const second = await logo();
    await giveUp(second);
    expect(await getLogo(world, who)).toMatchObject({ uploadId: first });
    expect(await refused(first)).toBe('not_found');
  });

  it('is gone though its function is killed before it asks for the clean-up', async () => {
    const uploadId = await uploaded(world);
    const deps = { ...world, scheduleDelete: () => Promise.reject(new Error('killed')) };
    await expect(giveUpUpload(deps, { orgId, userId, asMember: true, uploadId })).rejects.toThrow('killed');
    expect((await refusalOf(write([uploadId]))).code).toBe('upload_not_found');
    expect(await leftovers(world)).toEqual(nothing);
  });
});

describe('an upload is not given up', () => {
  it('once it was consumed or expired, nor where there is none', async () => {
    const [taken, late] = [await uploaded(world), await uploaded(world)];
    const parent = await write([taken]);
    expect(await refused(taken)).toBe('not_found');
    for (const id of [crypto.randomUUID(), 'f'.repeat(24), 'x']) expect(await refused(id)).toBe('not_found');
    world.time.offsetMs = 900_001;
    expect(await refused(late)).toBe('not_found');
    expect(await leftovers(world)).toMatchObject({ objects: [parent.files[0]?.key] });
  });

  it('by another member or organization, nor by somebody who is no member; by the platform for a former one', async () => {
    await join(world, orgId, 'friend');
    await join(world, 'another');
    const id = await uploaded(world);
    expect(await refused(id, { userId: 'friend' })).toBe('not_found');
    expect(await refused(id, { userId: 'friend', asMember: false })).toBe('not_found');
    expect(await refused(id, { orgId: 'another' })).toBe('not_found');
    await join(world, orgId, userId, 'inactive');
    expect(await refused(id)).toBe('not_active_member');
    await giveUp(id, { asMember: false });
    expect(await leftovers(world)).toEqual(nothing);
  });

  it('where it is a signature, which belongs to its form', async () => {
    const id = await uploaded(world, { ownerType: 'signature', mimeType: 'image/png' });
    expect(await refused(id)).toBe('not_found');
  });
});

describe('a row that takes an upload while it is given up', () => {
  it('has it, or is told that it is gone, and nothing lies about either way', async () => {
    const kept: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const id = await uploaded(world);
      const [row, given] = await Promise.allSettled([write([id]), giveUp(id)]);
      expect([row, given].filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      if (given.status === 'rejected') expect(given.reason).toMatchObject({ code: 'not_found' });
      if (row.status === 'rejected') expect(row.reason).toMatchObject({ code: 'upload_not_found' });
      else kept.push(...row.value.files.map(({ key }) => key));
    }
    expect((await leftovers(world)).objects.sort()).toEqual(kept.sort());
  });

  it('loses when it is given up before the copy, or after it', async () => {
    for (const operation of ['HeadObject', 'CopyObject']) {
      const id = await uploaded(world);
      world.faults.r2 = async (request) => {
        if (request.operation !== operation) return undefined;
        world.faults.r2 = undefined;
        await giveUp(id);
        if (operation === 'HeadObject') await world.work();
        return undefined;
      };
      expect((await refusalOf(write([id]))).code).toBe('upload_not_found');
    }
    expect(await leftovers(world)).toEqual(nothing);
  });
});
