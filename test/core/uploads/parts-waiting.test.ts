import { describe, expect, it } from 'vitest';
import { partsLifeMs, partsWaitMs } from '#core/files/parts.ts';
import { expireFile } from '#core/files/sweep.ts';
import { deleteUpload } from '#core/uploads/own-uploads.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { bytes, partsOf } from './parts-support.ts';
import { settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const { presign, next, complete, put, recordOf, inR2 } = partsOf(world);

describe('an upload in parts that waits', () => {
  it('is open for a day from the last time its parts were asked for, and for six in all', async () => {
    const { uploadId, expiresAt } = await presign();
    const begunAt = Date.parse((await recordOf(uploadId)).createdAt);
    expect(expiresAt.getTime()).toBe(begunAt + partsWaitMs);
    for (let day = 1; day <= 6; day += 1) {
      world().time.offsetMs += partsWaitMs - 60_000;
      const { expiresAt } = await next(uploadId);
      expect(expiresAt.getTime()).toBeLessThanOrEqual(begunAt + partsLifeMs);
    }
    world().time.offsetMs += partsWaitMs;
    expect(await refusalOf(next(uploadId))).toMatchObject({ code: 'file_not_found' });
    expect(await refusalOf(complete(uploadId))).toMatchObject({ code: 'file_not_found' });
  });

  it('is gone with its parts when its time is over, and at once when it is deleted', async () => {
    const left = await presign();
    await put(left, [1]);
    const { ref, id } = await inR2(left.uploadId);
    world().time.offsetMs += partsWaitMs + 1000;
    await expireFile(world(), left.uploadId);
    expect(await world().parts.list(ref, id)).toBeUndefined();
    expect(await world().files.get(left.uploadId)).toBeUndefined();

    const given = await presign();
    await put(given, [1]);
    const there = await inR2(given.uploadId);
    const deleted = await deleteUpload(world(), { userId: 'user', fileId: given.uploadId }, settings);
    expect(deleted.deletedAt).toBeDefined();
    await world().work();
    expect(await world().parts.list(there.ref, there.id)).toBeUndefined();
    expect(await world().files.get(given.uploadId)).toBeUndefined();
    expect(await refusalOf(deleteUpload(world(), { userId: 'user', fileId: given.uploadId }, settings))).toMatchObject({
      code: 'file_not_found',
    });
    expect(await world().openUploads()).toEqual([]);
  });

  it('is nobody else’s', async () => {
    const { uploadId } = await presign();
    for (const refused of [
      next(uploadId, undefined, 'other'),
      complete(uploadId, 'other'),
      deleteUpload(world(), { userId: 'other', fileId: uploadId }, settings),
      next('0'.repeat(24)),
    ])
      expect(await refusalOf(refused)).toMatchObject({ code: 'file_not_found' });
    expect(await refusalOf(next(uploadId, [4]))).toMatchObject({ code: 'validation_failed' });
  });

  it('says that all is there when it was joined and not completed', async () => {
    const offer = await presign();
    await put(offer);
    const { ref, id } = await inR2(offer.uploadId);
    const parts = (await world().parts.list(ref, id)) ?? [];
    expect(await world().parts.join(ref, { uploadId: id, parts, sizeBytes: bytes.length })).toBe('joined');
    const rest = await next(offer.uploadId);
    expect([rest.uploadedParts.length, rest.parts]).toEqual([3, []]);
    expect((await complete(offer.uploadId)).state).toBe('ready');
  });

  it('that R2 ended by itself is not found, and says so', async () => {
    const offer = await presign();
    const { ref } = await inR2(offer.uploadId);
    await world().objects.abandon(ref);
    expect(await refusalOf(next(offer.uploadId))).toMatchObject({ code: 'file_not_found' });
    expect(await refusalOf(complete(offer.uploadId))).toMatchObject({ code: 'file_not_uploaded' });
  });
});
