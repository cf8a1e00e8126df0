import { beforeEach, describe, expect } from 'vitest';
import { caller, directUploads, put, settings, setup } from '#test/support/direct.ts';
import { flatPng } from '#test/support/hostile-images.ts';
import { grainPng, jpegPhoto, pngPhoto } from '#test/support/images.ts';
import { underLoad } from '#test/support/load.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);

let direct: ReturnType<typeof directUploads>;
let photo: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
  direct = directUploads(world);
});
beforeEach(() => direct.reset());

const app = { kind: 'app', appId: 'app' } as const;
const session = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
const staged = { kind: 'staged', appId: 'app', userId: 'user' } as const;

describe('presign', () => {
  it('is one transaction and no call to R2', async () => {
    // The first of an app writes the slices of its counter.
    await direct.presign();
    world.calls.length = 0;
    await direct.presign();
    expect(world.calls).toEqual(['dynamo TransactWriteItems']);
  });

  it('offers a PUT of exactly what was declared to an incoming key, never to the final one', async () => {
    const offer = await direct.presign({ mimeType: 'image/png', sizeBytes: 4321 });
    expect(offer).toMatchObject({
      method: 'PUT',
      expiresIn: 600,
      headers: { 'content-type': 'image/png' },
      contentLength: 4321,
    });
    const url = new URL(offer.uploadUrl);
    expect(url.pathname).toMatch(/^\/files\/incoming\/[0-9a-f]{32}$/);
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    const file = await world.files.get(offer.uploadId);
    expect(file).toMatchObject({ state: 'pending', sizeBytes: 4321, originalName: 'photo.jpg' });
    expect(url.pathname).not.toContain(file?.key);
  });

  it('promises no more than the limit when ten ask at once', async () => {
    const tight = { ...settings, maxBytesPerSession: 3500 };
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => direct.presign({}, tight)));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(7);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'extension_session_storage_quota_exceeded',
        details: { limitBytes: 3500, usedBytes: 3000, requestedBytes: 1000, remainingBytes: 500 },
      });
    }
    expect(await world.files.usage(session)).toEqual({ usedBytes: 3000, fileCount: 3 });
  });

  it('refuses a file larger than the app allows, and kinds that are no image it takes', async () => {
    const large = await refusalOf(direct.presign({ sizeBytes: settings.maxFileBytes + 1 }));
    expect(large).toMatchObject({ code: 'file_too_large', details: { maxBytes: settings.maxFileBytes } });
    for (const mimeType of ['image/svg+xml', 'text/html', 'image/jpeg x', 'image/heic', '']) {
      expect(await refusalOf(direct.presign({ mimeType }))).toMatchObject({ code: 'invalid_file_type' });
    }
    const only = { ...settings, allowedMimePrefixes: ['image/png'] };
    expect((await refusalOf(direct.presign({}, only))).code).toBe('invalid_file_type');
    expect(await world.items()).toEqual([]);
  });

  it('gives the same upload again for the same Idempotency-Key while its URL lives', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const first = await direct.presign({ idempotency });
    world.time.offsetMs = 60_000;
    const second = await direct.presign({ idempotency });
    expect(second.uploadId).toBe(first.uploadId);
    expect(second.expiresIn).toBeLessThanOrEqual(540);
    expect(await world.files.usage(session)).toEqual({ usedBytes: 1000, fileCount: 1 });
    const other = direct.presign({ idempotency: { ...idempotency, contentHash: 'other' } });
    expect((await refusalOf(other)).code).toBe('idempotency_key_reused');
    world.time.offsetMs = 600_000;
    expect((await refusalOf(direct.presign({ idempotency }))).code).toBe('idempotency_key_reused');
  });
});

describe('the PUT', () => {
  it('is refused for other lengths and other types, and may be repeated', async () => {
    const offer = await direct.presign({ sizeBytes: photo.length });
    expect(await put(offer, photo.subarray(1))).toBe(403);
    expect(await put({ ...offer, headers: { ...offer.headers, 'content-type': 'text/html' } }, photo)).toBe(403);
    expect(await world.objectKeys()).toEqual([]);
    expect(await put(offer, photo)).toBe(200);
    expect(await put(offer, photo)).toBe(200);
  });
});

describe('complete', () => {
  it('takes two DynamoDB calls and four R2 calls', async () => {
    const { uploadId } = await direct.uploaded(photo);
    world.calls.length = 0;
    await direct.complete(uploadId);
    expect(world.calls).toEqual([
      'dynamo GetItem',
      'r2 HeadObject',
      'r2 GetObject',
      'r2 PutObject',
      'dynamo TransactWriteItems',
      'r2 DeleteObject',
    ]);
  });

  it('stores the re-encoded image, settles its true size and removes the incoming object', async () => {
    const { uploadId } = await direct.uploaded(photo, { purpose: 'avatar' });
    expect(await world.files.usage(session)).toEqual({ usedBytes: photo.length, fileCount: 1 });
    const file = await direct.complete(uploadId);
    expect(file).toMatchObject({
      id: uploadId,
      state: 'ready',
      mimeType: 'image/webp',
      purpose: 'avatar',
      image: { width: 320, height: 240 },
    });
    expect(file).not.toHaveProperty('incoming');
    expect(file).not.toHaveProperty('expiresAt');
    expect(await world.objectKeys()).toEqual([file.key]);
    expect(await world.objects.head(file)).toMatchObject({ sizeBytes: file.sizeBytes, contentType: 'image/webp' });
    expect(file.sizeBytes).not.toBe(photo.length);
    for (const counter of [app, session]) {
      expect(await world.files.usage(counter)).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
    }
    expect((await world.files.listBySession(caller, { limit: 10 })).items.map(({ id }) => id)).toEqual([uploadId]);
  });

  it('answers the same file however often it is called', async () => {
    const { uploadId } = await direct.uploaded(photo);
    const first = await direct.complete(uploadId);
    world.calls.length = 0;
    expect(await direct.complete(uploadId)).toEqual(first);
    expect(world.calls).toEqual(['dynamo GetItem']);
  });

  it("begins a staged file's time when it is completed, not when it was presigned", async () => {
    const { uploadId } = await direct.uploaded(photo, { target: { ...setup, draftId: 'draft' } });
    world.time.offsetMs = 500_000;
    const file = await direct.complete(uploadId);
    const until = world.clock.now().getTime() + settings.stagedTtlSeconds * 1000;
    expect(Math.abs((file.expiresAt ?? 0) - until)).toBeLessThan(60_000);
    expect(file).toMatchObject({ staged: true, draftId: 'draft', dueAt: file.expiresAt });
    const ticket = (await world.items()).find(({ sk }) => sk === 'EXPIRY');
    expect(ticket?.ttl).toBe(Math.ceil((file.expiresAt ?? 0) / 1000));
    expect(await world.files.usage(staged)).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
  });

  it('says that nothing was uploaded yet, and works once it is', async () => {
    const offer = await direct.presign({ sizeBytes: photo.length });
    const error = await refusalOf(direct.complete(offer.uploadId));
    expect(error).toMatchObject({ code: 'file_not_uploaded' });
    expect(error.message).toContain(`File ${offer.uploadId} was not uploaded`);
    await put(offer, photo);
    expect((await direct.complete(offer.uploadId)).state).toBe('ready');
  });

  it("does not know another session's or user's upload, nor a form upload that is going on", async () => {
    const another = { kind: 'session' as const, ...caller, sessionId: 'another' };
    const { uploadId } = await direct.uploaded(photo, { target: another });
    expect(await refusalOf(direct.complete(uploadId))).toMatchObject({ code: 'file_not_found' });
    const foreign = await direct.uploaded(photo, { target: { ...setup, userId: 'another' } });
    expect((await refusalOf(direct.complete(foreign.uploadId))).code).toBe('file_not_found');
    for (const id of ['0'.repeat(24), '../x'])
      expect((await refusalOf(direct.complete(id))).code).toBe('file_not_found');
    expect((await world.files.get(uploadId))?.state).toBe('pending');
  });

  it('counts what the stored image is larger than declared, within the limit only', async () => {
    const png = await grainPng();
    const { uploadId } = await direct.uploaded(png, { mimeType: 'image/png' });
    const file = await direct.complete(uploadId);
    expect(file.sizeBytes).toBeGreaterThan(png.length);
    for (const counter of [app, session]) {
      expect(await world.files.usage(counter)).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
    }
  });
});

describe('bytes that are not what was declared are refused, and nothing is left of the upload', () => {
  const expectReleased = async (uploadId: string) => {
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.files.get(uploadId)).toBeUndefined();
    expect(await world.files.usage(app)).toEqual({ usedBytes: 0, fileCount: 0 });
    expect((await world.items()).map(({ sk }) => sk)).toEqual(['INCOMING']);
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('file_not_found');
  };

  it('when they are another kind of image', async () => {
    const { uploadId } = await direct.uploaded(await pngPhoto());
    const error = await refusalOf(direct.complete(uploadId));
    expect(error).toMatchObject({
      code: 'invalid_file_type',
      details: { declared: 'image/jpeg', detected: 'image/png' },
    });
    await expectReleased(uploadId);
  });

  it('when they are no image at all', async () => {
    const { uploadId } = await direct.uploaded(
      Buffer.from('<svg onload="alert(1)" xmlns="http://www.w3.org/2000/svg"/>'),
    );
    expect(await refusalOf(direct.complete(uploadId))).toMatchObject({ code: 'invalid_file_type' });
    await expectReleased(uploadId);
  });

  it('when the picture is cut off', async () => {
    const { uploadId } = await direct.uploaded(photo.subarray(0, photo.length / 2));
    expect(await refusalOf(direct.complete(uploadId))).toMatchObject({ code: 'invalid_image' });
    await expectReleased(uploadId);
  });

  it('when its pixels would not fit in memory', async () => {
    const bomb = await flatPng({ width: 10_000, height: 7_000 });
    const { uploadId } = await direct.uploaded(bomb, { mimeType: 'image/png' });
    expect(await refusalOf(direct.complete(uploadId))).toMatchObject({ code: 'invalid_image' });
    await expectReleased(uploadId);
  });

  it('when the object has another size or type, however it came there', async () => {
    const smaller = await direct.presign({ sizeBytes: photo.length + 1 });
    const { incoming } = (await world.files.get(smaller.uploadId)) ?? {};
    const ref = { bucket: 'default', key: incoming?.key ?? '' } as const;
    await world.objects.put(ref, photo, { contentType: 'image/jpeg' });
    expect(await refusalOf(direct.complete(smaller.uploadId))).toMatchObject({ code: 'validation_failed' });
    await expectReleased(smaller.uploadId);
  });

  it('when the stored image is larger than declared and no longer fits', async () => {
    const png = await grainPng();
    const tight = { ...settings, maxBytesPerSession: png.length + 1 };
    const { uploadId } = await direct.uploaded(png, { mimeType: 'image/png' }, tight);
    const error = await refusalOf(direct.complete(uploadId, tight));
    expect(error).toMatchObject({
      code: 'extension_session_storage_quota_exceeded',
      details: { limitBytes: png.length + 1, usedBytes: png.length },
    });
    await expectReleased(uploadId);
  });
});
