import { beforeEach, describe, expect } from 'vitest';
import { sweepIncoming } from '#core/files/sweep.ts';
import { createParent, type ParentWrite } from '#core/organizations/parents.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, join, orgId, presign, put, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

const write = (uploadIds: string[], more: Partial<ParentWrite> = {}) =>
  createParent(world, { kind: 'progress_photo', userId, uploadIds, fields: {}, ...more });

const parents = async () =>
  (await world.organizations.listParents({ kind: 'progress_photo', userId }, { limit: 50 })).items;

describe('a parent write', () => {
  it('takes its uploads: bytes at the final key, nothing left at the incoming one, the row says where', async () => {
    const id = await uploaded(world);
    const parent = await write([id], { fields: { note: 'left side' } });
    expect(parent).toMatchObject({ orgId, userId, fields: { note: 'left side' } });
    expect(parent.files).toEqual([
      {
        uploadId: id,
        key: `progress-photos/user/${id}.jpg`,
        mimeType: 'image/jpeg',
        sizeBytes: 7,
        originalName: `${id}.jpg`,
      },
    ]);
    expect(await world.objectKeys()).toEqual([`progress-photos/user/${id}.jpg`]);
    const [file] = await world.organizations.getFiles([id]);
    expect(file).toMatchObject({ state: 'ready', parentId: parent.id });
    expect(file).not.toHaveProperty('expiresAt');
    expect(await parents()).toEqual([parent]);
  });

  it('moves no bytes: one batch, one HEAD, copy and delete for each upload, one transaction', async () => {
    const ids = [await uploaded(world), await uploaded(world), await uploaded(world)];
    world.calls.length = 0;
    await write(ids);
    const count = (name: string) => world.calls.filter((call) => call === name).length;
    expect(world.calls.filter((call) => call.startsWith('dynamo')).sort()).toEqual([
      'dynamo BatchGetItem',
      'dynamo GetItem',
      'dynamo TransactWriteItems',
    ]);
    expect([count('r2 HeadObject'), count('r2 CopyObject'), count('r2 DeleteObject')]).toEqual([3, 3, 3]);
    expect(world.calls).toHaveLength(12);
  });

  it('takes as many uploads as a request may name', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => uploaded(world)));
    expect((await write(ids)).files).toHaveLength(20);
  });

  it('keeps the marker that clears what a late PUT of the same URL brings', async () => {
    const upload = await presign(world);
    await put(upload);
    const parent = await write([upload.uploadId]);
    expect(await put(upload, bytesOf('another'))).toBe(200);
    expect(await world.objects.get({ bucket: 'default', key: parent.files[0]?.key ?? '' }, { maxBytes: 99 })).toEqual(
      bytesOf('a photo'),
    );
    world.time.offsetMs = 2 * 3_600_000;
    for (const marker of await world.files.listDueIncoming(world.clock.now(), 10)) await sweepIncoming(world, marker);
    expect(await world.objectKeys()).toEqual([parent.files[0]?.key]);
  });
});

describe('a parent write is refused', () => {
  const notFound = { code: 'upload_not_found', message: 'Upload not found or expired' };

  it('for an upload nobody presigned, whatever its id looks like', async () => {
    const real = await uploaded(world);
    for (const id of [crypto.randomUUID(), 'x', '', 'f'.repeat(24), '../..']) {
      const refused = await refusalOf(write([real, id]));
      expect(refused).toMatchObject({ ...notFound, details: { uploadId: id } });
    }
    expect(await parents()).toEqual([]);
  });

  it('once the fifteen minutes are over, though the record is still there', async () => {
    const id = await uploaded(world);
    world.time.offsetMs = 899_000;
    const other = await uploaded(world);
    world.time.offsetMs = 900_001;
    expect(await refusalOf(write([id]))).toMatchObject(notFound);
    await write([other]);
  });

  it('for an upload that was taken before', async () => {
    const id = await uploaded(world);
    await write([id]);
    expect(await refusalOf(write([id]))).toMatchObject(notFound);
    expect(await parents()).toHaveLength(1);
  });

  it("for another user's upload, in the contract's words", async () => {
    await join(world, orgId, 'another');
    const id = await uploaded(world, { userId: 'another' });
    expect(await refusalOf(write([id]))).toMatchObject({
      code: 'upload_not_owned',
      message: 'Upload does not belong to caller',
    });
  });

  it('before the PUT has arrived, and not after it has', async () => {
    const upload = await presign(world);
    expect(await refusalOf(write([upload.uploadId]))).toMatchObject({
      code: 'file_not_uploaded',
      message: `File ${upload.uploadId} was not uploaded`,
    });
    await put(upload);
    await write([upload.uploadId]);
  });

  it('for bytes of another size or type than declared, however they came there', async () => {
    const place = async (bytes: string, contentType: string) => {
      const { uploadId } = await presign(world);
      const [file] = await world.organizations.getFiles([uploadId]);
      await world.objects.put({ bucket: 'default', key: file?.incoming?.key ?? '' }, bytesOf(bytes), { contentType });
      return uploadId;
    };
    const small = await place('small', 'image/jpeg');
    const refused = await refusalOf(write([small]));
    expect(refused).toMatchObject({ code: 'file_not_uploaded', message: `File ${small} was not uploaded` });
    expect(await refusalOf(write([await place('a photo', 'text/html')]))).toMatchObject({
      code: 'invalid_file_type',
      message: 'Unsupported file type',
    });
    expect((await world.objectKeys()).every((key) => key.startsWith('incoming/'))).toBe(true);
  });

  it('for an upload presigned as something else, and for uploads of two organizations', async () => {
    await join(world, 'another');
    const comment = await uploaded(world, { ownerType: 'exercise_comment' });
    const [here, there] = [await uploaded(world), await uploaded(world, { orgId: 'another' })];
    expect(await refusalOf(write([comment]))).toMatchObject({ code: 'validation_failed' });
    expect(await refusalOf(write([here, there]))).toMatchObject({ code: 'validation_failed' });
    await write([there]);
  });

  it('once the membership ended, also when it ends in the last moment', async () => {
    const id = await uploaded(world);
    await join(world, orgId, userId, 'inactive');
    expect(await refusalOf(write([id]))).toMatchObject({ code: 'not_active_member' });
    await join(world);
    world.faults.r2 = async ({ operation }) => {
      if (operation === 'CopyObject') await join(world, orgId, userId, 'inactive');
      return undefined;
    };
    expect(await refusalOf(write([id]))).toMatchObject({ code: 'not_active_member' });
    world.faults.r2 = undefined;
    await join(world);
    await write([id]);
  });

  it('when R2 does not answer, with nothing taken and everything there for another try', async () => {
    const id = await uploaded(world);
    world.faults.r2 = ({ operation }) => (operation === 'CopyObject' ? { status: 503, code: 'SlowDown' } : undefined);
    expect(await refusalOf(write([id]))).toMatchObject({ code: 'temporarily_unavailable' });
    world.faults.r2 = undefined;
    await write([id]);
  });
});

describe('a text without uploads', () => {
  const text = (more: Partial<ParentWrite> = {}) =>
    write([], { kind: 'message', fields: { text: 'hello' }, orgId, ...more });

  it('is a row of the organization it names, without a word to the bucket', async () => {
    const parent = await text();
    expect(parent).toMatchObject({ orgId, userId, files: [], fields: { text: 'hello' } });
    expect(world.calls.filter((call) => call.startsWith('r2'))).toEqual([]);
    const { items } = await world.organizations.listParents({ kind: 'message', userId, orgId }, { limit: 9 });
    expect(items).toEqual([parent]);
  });

  it('is for active members, and once for its Idempotency-Key', async () => {
    expect(await refusalOf(text({ userId: 'nobody' }))).toMatchObject({ code: 'not_active_member' });
    expect(await refusalOf(text({ orgId: 'another' }))).toMatchObject({ code: 'not_active_member' });
    const idempotency = { id: 'key', contentHash: 'hash' };
    expect(await text({ idempotency })).toEqual(await text({ idempotency }));
  });

  it('is of no organization but that of the uploads beside it', async () => {
    await join(world, 'another');
    const uploadIds = [await uploaded(world)];
    expect(await refusalOf(write(uploadIds, { orgId: 'another' }))).toMatchObject({ code: 'validation_failed' });
    expect(await write(uploadIds, { orgId })).toMatchObject({ orgId });
  });
});
