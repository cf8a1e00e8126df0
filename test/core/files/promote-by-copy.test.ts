import { beforeEach, describe, expect } from 'vitest';
import { copyIncoming } from '#core/files/incoming.ts';
import { completeUpload } from '#core/files/promote.ts';
import { type FileRecord, incomingOf } from '#core/files/record.ts';
import { anotherPhoto, directUploads, put } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

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

describe('completing by a copy', () => {
  const complete = (uploadId: string) =>
    completeUpload(world, {
      uploadId,
      authorize: (file) => file ?? expect.fail('gone'),
      limits: () => [],
      async place(file, head) {
        await copyIncoming(world.objects, file, head, { contentType: 'application/pdf' });
        return { mimeType: 'application/pdf', sizeBytes: head.sizeBytes };
      },
    });

  it('moves no byte through the function', async () => {
    const { uploadId } = await direct.uploaded(photo);
    world.calls.length = 0;
    const file = await complete(uploadId);
    expect(world.calls).toEqual([
      'dynamo GetItem',
      'r2 HeadObject',
      'r2 CopyObject',
      'dynamo TransactWriteItems',
      'r2 DeleteObject',
    ]);
    expect(await world.objects.head(file)).toMatchObject({ sizeBytes: photo.length, contentType: 'application/pdf' });
  });

  it('stores once however many complete at once', async () => {
    const { uploadId } = await direct.uploaded(photo);
    const files = await Promise.all(Array.from({ length: 5 }, () => complete(uploadId)));
    for (const file of files) expect(file).toEqual(files[0]);
    expect(await direct.usage()).toEqual({ usedBytes: photo.length, fileCount: 1 });
  });

  it('copies only what was checked, and never over a ready file', async () => {
    const offer = await direct.uploaded(photo);
    const { incoming } = (await world.files.get(offer.uploadId)) ?? {};
    let file: FileRecord | undefined;
    direct.rightBefore('CopyObject', async () => {
      await world.objects.delete(incomingOf(incoming ?? expect.fail()));
      await put(offer, other);
    });
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('file_not_uploaded');
    direct.rightBefore('HeadObject', async () => {
      file = await complete(offer.uploadId);
      await put(offer, photo);
    });
    const again = await complete(offer.uploadId);
    expect(again).toEqual(file);
    const bytes = await world.objects.get(again, { maxBytes: photo.length });
    expect(bytes && Buffer.from(bytes).equals(other)).toBe(true);
  });
});
