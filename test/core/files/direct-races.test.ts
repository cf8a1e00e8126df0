import { beforeEach, describe, expect } from 'vitest';
import { type FileRecord, incomingOf } from '#core/files/record.ts';
import { applyLifecycleEvent } from '#core/lifecycle/events.ts';
import { anotherPhoto, directUploads, put } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { underLoad } from '#test/support/load.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);

const minute = 60_000;
let direct: ReturnType<typeof directUploads>;
let photo: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
  direct = directUploads(world);
});
beforeEach(() => direct.reset());

async function expectNothingLeft() {
  expect(await world.items()).toEqual([]);
  expect(await world.objectKeys()).toEqual([]);
}

describe('complete beside complete', () => {
  it('stores once, and everybody is answered the same file', async () => {
    const { uploadId } = await direct.uploaded(photo);
    const files = await Promise.all(Array.from({ length: 5 }, () => direct.complete(uploadId)));
    for (const file of files) expect(file).toEqual(files[0]);
    expect(await world.objectKeys()).toEqual([files[0]?.key]);
    expect(await direct.usage()).toEqual({ usedBytes: files[0]?.sizeBytes, fileCount: 1 });
  });

  it.each(['HeadObject', 'GetObject', 'PutObject', 'DeleteObject'])(
    'that overtakes it just before its %s changes nothing',
    async (operation) => {
      const { uploadId } = await direct.uploaded(photo);
      let first: FileRecord | undefined;
      direct.rightBefore(operation, async () => {
        first = await direct.complete(uploadId);
      });
      const second = await direct.complete(uploadId);
      expect(second).toEqual(first);
      expect(await world.objectKeys()).toEqual([second.key]);
      expect(await direct.usage()).toEqual({ usedBytes: second.sizeBytes, fileCount: 1 });
    },
  );

  it('that died after its object was written is taken up where it stopped', async () => {
    const { uploadId } = await direct.uploaded(photo);
    world.faults.dynamo = ({ operation }) =>
      operation === 'TransactWriteItems' ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('temporarily_unavailable');
    expect(await world.objectKeys()).toHaveLength(2);
    world.faults.dynamo = undefined;
    const file = await direct.complete(uploadId);
    expect(await world.objectKeys()).toEqual([file.key]);
  });
});

describe('complete beside expiry and deletion', () => {
  it.each(['HeadObject', 'GetObject', 'PutObject'])(
    'finds the upload gone when it expires just before %s, and leaves nothing',
    async (operation) => {
      const { uploadId } = await direct.uploaded(photo);
      direct.rightBefore(operation, async () => {
        world.time.offsetMs = 15 * minute + 1;
        await direct.sweep();
      });
      expect((await refusalOf(direct.complete(uploadId))).code).toBe('file_not_found');
      expect(await world.objectKeys()).toEqual([]);
      expect(await direct.usage()).toEqual({ usedBytes: 0, fileCount: 0 });
      world.time.offsetMs = 71 * minute;
      await direct.sweep();
      await expectNothingLeft();
    },
  );

  it('keeps a file that became ready before the schedule looked', async () => {
    const { uploadId } = await direct.uploaded(photo);
    const [due] = await world.files.listDue(new Date(Date.now() + 16 * minute), { limit: 1 });
    const file = await direct.complete(uploadId);
    expect(due?.id).toBe(uploadId);
    expect(due && (await world.files.release(due, new Date()))).toBe(false);
    world.time.offsetMs = 60 * minute;
    await direct.sweep();
    expect(await world.files.get(uploadId)).toEqual(file);
  });

  it('writes nothing that stays when the file was completed and deleted meanwhile', async () => {
    const { uploadId } = await direct.uploaded(photo);
    direct.rightBefore('PutObject', async () => {
      await direct.remove(await direct.complete(uploadId));
      await world.work();
    });
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('file_not_found');
    expect(await world.objectKeys()).toEqual([]);
  });

  it('has what it wrote removed even when it died before it could', async () => {
    const { uploadId } = await direct.uploaded(photo);
    const file = await direct.complete(uploadId);
    await direct.remove(file);
    await world.work();
    await world.objects.put({ bucket: 'default', key: file.key }, photo, { contentType: 'image/webp' });
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });

  it('finds nothing once the app is deleted, whose clean-up takes the upload along', async () => {
    const { uploadId } = await direct.uploaded(photo);
    direct.rightBefore('GetObject', async () => {
      await applyLifecycleEvent(world, { eventId: 'e', type: 'app.deleted', appId: 'app' });
      await world.work();
    });
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('file_not_found');
    expect(await world.objectKeys()).toEqual([]);
    expect((await refusalOf(direct.presign())).code).toBe('not_found');
  });
});

it('complete judges and stores one object: when it is replaced between check and read, it says so', async () => {
  const offer = await direct.uploaded(photo);
  const { incoming } = (await world.files.get(offer.uploadId)) ?? {};
  direct.rightBefore('GetObject', async () => {
    await world.objects.delete(incomingOf(incoming ?? expect.fail()));
    await put(offer, await anotherPhoto(photo.length));
  });
  expect((await refusalOf(direct.complete(offer.uploadId))).code).toBe('file_not_uploaded');
  expect((await direct.complete(offer.uploadId)).image?.width).toBe(160);
});

describe('a failing step', () => {
  it('of R2 leaves the upload to be completed again', async () => {
    const { uploadId } = await direct.uploaded(photo);
    for (const failing of ['HeadObject', 'GetObject', 'PutObject']) {
      world.faults.r2 = ({ operation }) => (operation === failing ? { status: 403, code: 'AccessDenied' } : undefined);
      expect(await refusalOf(direct.complete(uploadId))).toMatchObject({
        code: 'temporarily_unavailable',
      });
    }
    world.faults.r2 = undefined;
    expect((await direct.complete(uploadId)).state).toBe('ready');
  });

  it('of the last removal is no failure, and is made good later', async () => {
    const { uploadId } = await direct.uploaded(photo);
    world.faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    const file = await direct.complete(uploadId);
    world.faults.r2 = undefined;
    expect(await world.objectKeys()).toHaveLength(2);
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('of cleaning up after refused bytes is finished by the worker', async () => {
    const { uploadId } = await direct.uploaded(photo.subarray(0, 5000), { sizeBytes: 5000 });
    world.faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    expect((await refusalOf(direct.complete(uploadId))).code).toBe('invalid_image');
    expect(await direct.usage()).toEqual({ usedBytes: 0, fileCount: 0 });
    world.faults.r2 = undefined;
    await world.work();
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.files.get(uploadId)).toBeUndefined();
  });

  it('whose answer is lost is no failure', async () => {
    const { uploadId } = await direct.uploaded(photo);
    let lost = 0;
    world.faults.dynamo = ({ operation }) => {
      if (operation !== 'TransactWriteItems' || lost > 0) return undefined;
      lost += 1;
      return { afterEffect: 'reset' };
    };
    const file = await direct.complete(uploadId);
    expect(lost).toBe(1);
    expect(await direct.usage()).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
  });
});
