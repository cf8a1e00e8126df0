import { beforeEach, describe, expect } from 'vitest';
import { storeImage } from '#core/extensions/store-image.ts';
import type { FileRecord } from '#core/files/record.ts';
import { anotherPhoto, caller, directUploads, put, settings, setup } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

const minute = 60_000;
const session = { kind: 'session', ...caller } as const;
let direct: ReturnType<typeof directUploads>;
let photo: Buffer;
/** Another picture of exactly the same length, so that the signed PUT takes it too. */
let other: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
  direct = directUploads(world);
  other = await anotherPhoto(photo.length);
});
beforeEach(() => direct.reset());

async function expectNothingLeft() {
  expect(await world.items()).toEqual([]);
  expect(await world.objectKeys()).toEqual([]);
}

describe('an upload that is never completed', () => {
  it.each(['session', 'setup'] as const)('of a %s is released after its time, object and all', async (kind) => {
    const declared = kind === 'setup' ? { target: setup } : {};
    const { uploadId } = await direct.uploaded(photo, declared);
    await direct.presign(declared);
    world.time.offsetMs = 14 * minute;
    await direct.sweep();
    expect((await direct.usage()).fileCount).toBe(2);
    world.time.offsetMs = 15 * minute + 1;
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('file_not_found');
    await direct.sweep();
    expect(await direct.usage()).toEqual({ usedBytes: 0, fileCount: 0 });
    expect(await world.objectKeys()).toEqual([]);
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });

  it('rings its own alarm: a ticket for TTL beside the record', async () => {
    const { uploadId } = await direct.presign();
    const file = await world.files.get(uploadId);
    const ticket = (await world.items()).find(({ sk }) => sk === 'EXPIRY');
    expect(ticket?.ttl).toBe(Math.ceil((file?.expiresAt ?? 0) / 1000));
    expect(file?.dueAt).toBe(file?.expiresAt);
  });

  it('gives its room back at once to whoever needs it', async () => {
    const tight = { ...settings, maxBytesPerSession: 1000 };
    await direct.presign({}, tight);
    expect((await refusalOf(direct.presign({}, tight))).code).toBe('extension_session_storage_quota_exceeded');
    world.time.offsetMs = 15 * minute + 1;
    const { uploadId } = await direct.presign({}, tight);
    expect(await direct.usage()).toEqual({ usedBytes: 1000, fileCount: 1 });
    await world.work();
    expect(
      (await world.files.listDue(new Date(Date.now() + 3 * 60 * minute), { limit: 9 })).map(({ id }) => id),
    ).toEqual([uploadId]);
  });
});

describe('the room of an upload', () => {
  it('is no more than what is sent can weigh once it is stored', async () => {
    const small = { ...settings, maxImageEdge: 100, maxFileBytes: 1_000_000, maxStagedBytesPerUserPerApp: 100_000 };
    const target = setup;
    const offer = await direct.presign({ target, sizeBytes: 900_000 }, small);
    expect(offer.contentLength).toBe(900_000);
    expect((await direct.usage()).usedBytes).toBe(2 * 100 * 100 + 65_536);
    const animation = direct.presign({ target, mimeType: 'image/gif', sizeBytes: 900_000 }, small);
    expect((await refusalOf(animation)).details).toMatchObject({ requestedBytes: 900_000 });
  });
});

describe('an upload that was left behind', () => {
  const tight = { ...settings, maxBytesPerSession: 2500, maxStagedBytesPerUserPerApp: 2500 };
  const refused = { code: expect.stringMatching(/_quota_exceeded$/) };

  it.each(['session', 'setup'] as const)('in a %s gives way to what the same person uploads next', async (kind) => {
    const declared = kind === 'setup' ? { target: setup } : {};
    const left = [await direct.presign(declared, tight), await direct.presign(declared, tight)];
    world.time.offsetMs = 3000;
    const next = await direct.presign(declared, tight);
    expect(await direct.usage()).toEqual({ usedBytes: 2000, fileCount: 2 });
    const states = await Promise.all(left.map(async ({ uploadId }) => (await world.files.get(uploadId))?.state));
    // The oldest goes, and only as many as it takes.
    expect(states).toEqual(['deleting', 'pending']);
    expect(await world.files.get(next.uploadId)).toMatchObject({ state: 'pending' });
    expect((await refusalOf(direct.complete(left[0]?.uploadId ?? ''))).code).toBe('file_not_found');
  });

  it('gives way at once to the same file of the same draft, and not to others that come at the same moment', async () => {
    const target = { ...setup, draftId: 'draft' };
    const first = await direct.presign({ target, sizeBytes: 2000 }, tight);
    world.time.offsetMs = 20;
    const other = { target, sizeBytes: 2000, originalName: 'other.jpg' };
    expect(await refusalOf(direct.presign(other, tight))).toMatchObject(refused);
    await direct.presign({ target, sizeBytes: 2000 }, tight);
    expect((await world.files.get(first.uploadId))?.state).toBe('deleting');
  });

  it('of somebody else, of another place, or of a form that is going on stays', async () => {
    await direct.presign({ target: { ...setup, userId: 'other' }, sizeBytes: 1000 });
    const { uploadId } = await direct.presign({ sizeBytes: 2000 }, tight);
    world.time.offsetMs = 3000;
    const stranger = direct.presign({ target: { ...session, userId: 'other' }, sizeBytes: 1000 }, tight);
    expect(await refusalOf(stranger)).toMatchObject(refused);
    expect(await direct.usage()).toEqual({ usedBytes: 3000, fileCount: 2 });
    expect((await world.files.get(uploadId))?.state).toBe('pending');
  });

  it('is named where even all of them would not make room, and stays', async () => {
    const left = await direct.presign({ target: setup, sizeBytes: 1000 }, tight);
    const file = await storeImage(world, { target: setup, bytes: photo, originalName: 'kept.jpg' }, settings);
    world.time.offsetMs = 3000;
    const limit = { ...tight, maxStagedBytesPerUserPerApp: file.sizeBytes + 1000 };
    const { details } = await refusalOf(direct.presign({ target: setup, sizeBytes: 1001 }, limit));
    expect(details).toMatchObject({
      requestedBytes: 1001,
      pending: [{ uploadId: left.uploadId, originalName: 'photo.jpg', sizeBytes: 1000, expiresAt: expect.any(String) }],
    });
    expect((await world.files.get(left.uploadId))?.state).toBe('pending');
  });
});

describe('a PUT that comes again', () => {
  it('after complete changes nothing anyone can read, and is removed once its URL is dead', async () => {
    const offer = await direct.uploaded(photo);
    const file = await direct.complete(offer.uploadId);
    const stored = await world.objects.head(file);
    expect(await put(offer, other)).toBe(200);
    expect(await direct.complete(offer.uploadId)).toEqual(file);
    expect(await world.objects.head(file)).toEqual(stored);
    world.time.offsetMs = 11 * minute;
    expect(await put(offer, other)).toBe(403);
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    expect(await world.objectKeys()).toEqual([file.key]);
    expect((await world.items()).map(({ sk }) => sk).sort()).toEqual(['COUNTER', 'COUNTER', 'FILE']);
  });

  it('after the file is deleted brings nothing back', async () => {
    const offer = await direct.uploaded(photo);
    await direct.remove(await direct.complete(offer.uploadId));
    await world.work();
    expect(await put(offer, photo)).toBe(200);
    expect((await refusalOf(direct.complete(offer.uploadId))).code).toBe('file_not_found');
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });

  it('after the bytes were refused brings nothing back', async () => {
    const offer = await direct.uploaded(photo.subarray(0, 5000), { sizeBytes: 5000 });
    await refusalOf(direct.complete(offer.uploadId));
    expect(await put(offer, photo.subarray(0, 5000))).toBe(200);
    expect((await refusalOf(direct.complete(offer.uploadId))).code).toBe('file_not_found');
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });

  it('between two completes cannot replace the bytes of the ready file', async () => {
    const offer = await direct.uploaded(photo);
    let file: FileRecord | undefined;
    direct.rightBefore('HeadObject', async () => {
      file = await direct.complete(offer.uploadId);
      await put(offer, other);
    });
    expect(await direct.complete(offer.uploadId)).toEqual(file);
    expect(await world.objects.head(file ?? expect.fail())).toMatchObject({ sizeBytes: file?.sizeBytes });
    expect(file?.image?.width).toBe(320);
  });
});
