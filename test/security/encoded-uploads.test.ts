import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { directUploads, put } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

let photo: Buffer;
it.beforeAll(async () => {
  photo = await jpegPhoto();
});

describe('an upload that was PUT with a Content-Encoding is refused, and nothing is left of it', () => {
  it.each([
    ['is what the encoding says', () => gzipSync(photo)],
    ['is not', () => photo],
  ])('whether it %s', async (_, bytesOf) => {
    const direct = directUploads(world);
    const bytes = bytesOf();
    const offer = await direct.presign({ sizeBytes: bytes.length });
    const headers = { ...offer.headers, 'content-encoding': 'gzip' };
    expect(await put({ ...offer, headers }, bytes)).toBe(200);
    expect(await refusalOf(direct.complete(offer.uploadId))).toMatchObject({ code: 'validation_failed' });
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.files.get(offer.uploadId)).toBeUndefined();
    expect(await direct.usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  });
});
