import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { partSizeOf } from '#core/files/parts.ts';
import { incomingOf } from '#core/files/record.ts';
import { sweepIncoming } from '#core/files/sweep.ts';
import { completeDirectUpload } from '#core/uploads/direct-upload.ts';
import { presignParts } from '#core/uploads/part-upload.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { bytes, MiB, partsOf, request } from './parts-support.ts';
import { leftovers, settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const { presign, next, complete, put, recordOf, inR2 } = partsOf(world);

describe('a direct upload in parts', () => {
  it('is cut into equal parts, at most 500 of at least 5 MiB', () => {
    const sizes = [1, 5 * MiB, 2500 * MiB, 2500 * MiB + 1, 5_363_423_150].map(partSizeOf);
    expect(sizes.map((size) => size / MiB)).toEqual([5, 5, 5, 6, 11]);
  });

  it('becomes a file of all its bytes, whatever the order they come in, and leaves nothing else', async () => {
    const offer = await presign();
    expect(offer).toMatchObject({ partSizeBytes: 5 * MiB, partCount: 3, uploadedParts: [], expiresIn: 3600 });
    expect(offer.parts.map(({ number, contentLength }) => [number, contentLength])).toEqual([
      [1, 5 * MiB],
      [2, 5 * MiB],
      [3, 1000],
    ]);
    expect(await put(offer, [3])).toEqual([200]);
    expect(await put(offer, [1])).toEqual([200]);
    const rest = await next(offer.uploadId);
    expect(rest.uploadedParts.map(({ number }) => number)).toEqual([1, 3]);
    expect(rest.parts.map(({ number }) => number)).toEqual([2]);
    expect(await put(rest)).toEqual([200]);
    world().calls.length = 0;
    const file = await complete(offer.uploadId);
    expect(world().calls.filter((call) => call.startsWith('r2'))).toEqual([
      'r2 ListParts',
      'r2 CompleteMultipartUpload',
      'r2 HeadObject',
      'r2 GetObject',
      'r2 CopyObject',
      'r2 DeleteObject',
    ]);
    expect(file).toMatchObject({ id: offer.uploadId, state: 'ready', sizeBytes: bytes.length });
    const stored = await world().objects.get(file, { maxBytes: bytes.length });
    expect(Buffer.compare(stored ?? Buffer.of(), bytes)).toBe(0);
    expect(await world().objectKeys()).toEqual([file.key]);
    expect((await complete(offer.uploadId)).key).toBe(file.key);
    expect(await put(offer, [1])).toEqual([404]);
  });

  it('that is judged otherwise the second time, its first copy written, ends and leaves nothing', async () => {
    const csv = Buffer.from('a,b\n1,2\n');
    const offer = await presign({ originalName: 'a.csv', mimeType: 'text/csv', sizeBytes: csv.length });
    await put(offer, [1], csv);
    world().faults.dynamo = ({ operation }) =>
      operation === 'TransactWriteItems' && world().calls.includes('r2 CopyObject')
        ? { type: 'AccessDeniedException' }
        : undefined;
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('temporarily_unavailable');
    world().faults.dynamo = undefined;
    expect((await world().objectKeys()).filter((key) => key.endsWith('.csv'))).toHaveLength(1);
    const onlyPlain = { ...settings, allowedTypes: ['text/plain'] };
    const again = completeDirectUpload(world(), { uploadId: offer.uploadId, userId: 'user' }, onlyPlain);
    expect((await refusalOf(again)).code).toBe('validation_failed');
    expect(await world().objectKeys()).toEqual([]);
  });

  it('names the parts that are missing when it is completed, and can go on', async () => {
    const offer = await presign();
    await put(offer, [2]);
    const refusal = await refusalOf(complete(offer.uploadId));
    expect(refusal).toMatchObject({ code: 'file_not_uploaded', details: { missingParts: [1, 3] } });
    await put(await next(offer.uploadId));
    expect((await complete(offer.uploadId)).state).toBe('ready');
  });

  it('takes no part of another length, nor for another number', async () => {
    const offer = await presign();
    const [first, second] = offer.parts;
    const body = bytes.subarray(0, 5 * MiB - 1);
    expect((await fetch(first?.uploadUrl ?? '', { method: 'PUT', body })).status).toBe(403);
    const other = (first?.uploadUrl ?? '').replace('partNumber=1', 'partNumber=2');
    expect((await fetch(other, { method: 'PUT', body: bytes.subarray(0, second?.contentLength) })).status).toBe(403);
    expect((await next(offer.uploadId)).uploadedParts).toEqual([]);
  });

  it('is asked to come again, and loses nothing, where its parts change under every try to join them', async () => {
    const offer = await presign();
    await put(offer);
    const parts = { ...world().parts, join: async () => 'changed' as const };
    const refusal = await refusalOf(
      completeDirectUpload({ ...world(), parts }, { uploadId: offer.uploadId, userId: 'user' }, settings),
    );
    expect(refusal).toMatchObject({ code: 'request_in_progress', retryAfterSeconds: 2 });
    expect((await next(offer.uploadId)).uploadedParts).toHaveLength(3);
    expect((await complete(offer.uploadId)).state).toBe('ready');
  });

  it('is judged by what was joined: parts that are PUT later change nothing', async () => {
    const offer = await presign();
    await put(offer);
    const { incoming } = await recordOf(offer.uploadId);
    world().faults.r2 = ({ operation }) =>
      operation === 'CopyObject' ? { status: 500, code: 'InternalError' } : undefined;
    expect(await refusalOf(complete(offer.uploadId))).toMatchObject({ code: 'temporarily_unavailable' });
    world().faults.r2 = undefined;
    expect(await put(offer, [1], randomBytes(bytes.length))).toEqual([404]);
    const file = await complete(offer.uploadId);
    const stored = await world().objects.get(file, { maxBytes: bytes.length });
    expect(Buffer.compare(stored ?? Buffer.of(), bytes)).toBe(0);
    expect(await world().objects.head(incomingOf(incoming as never))).toBeUndefined();
  });

  it('gives one file however often it is completed at a time', async () => {
    const offer = await presign();
    await put(offer);
    const answers = await Promise.allSettled(Array.from({ length: 4 }, () => complete(offer.uploadId)));
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'request_in_progress' });
    const file = await complete(offer.uploadId);
    expect(await world().objectKeys()).toEqual([file.key]);
  });

  it('begins once for one Idempotency-Key, and goes on where the first call was cut off', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const first = await presign({ idempotency });
    await put(first, [1]);
    const again = await presign({ idempotency });
    expect(again.uploadId).toBe(first.uploadId);
    expect(again.parts.map(({ number }) => number)).toEqual([2, 3]);
    expect(await refusalOf(presign({ idempotency: { ...idempotency, contentHash: 'other' } }))).toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('is written down before R2 knows of it, and begun by whoever comes next', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const { begin } = world().parts;
    const cut = { ...world().parts, begin: async () => Promise.reject(new Error('cut off')) };
    await expect(presignParts({ ...world(), parts: cut }, { ...request, idempotency }, settings)).rejects.toThrow();
    // Begun, and cut off before it was written down: R2 has one upload too many for as long as the record lives.
    const lost = {
      ...world().parts,
      begin: async (...given: Parameters<typeof begin>) => {
        await begin(...given);
        throw new Error('cut off');
      },
    };
    await expect(presignParts({ ...world(), parts: lost }, { ...request, idempotency }, settings)).rejects.toThrow();
    const offer = await presign({ idempotency });
    await put(offer);
    const { ref } = await inR2(offer.uploadId);
    expect((await complete(offer.uploadId)).state).toBe('ready');
    expect(await world().openUploads()).toEqual([ref.key]);
    world().time.offsetMs += 3 * 3_600_000;
    await world().settleIndexes();
    const markers = await world().files.listDueIncoming(world().clock.now(), 10);
    expect(markers).toHaveLength(1);
    for (const marker of markers) await sweepIncoming(world(), marker);
    expect(await world().openUploads()).toEqual([]);
  });

  it('leaves no record where it could not begin and nobody could ask again', async () => {
    const cut = { ...world().parts, begin: async () => Promise.reject(new Error('cut off')) };
    await expect(presignParts({ ...world(), parts: cut }, request, settings)).rejects.toThrow('cut off');
    expect((await leftovers(world())).filter((item) => (item as { sk?: string }).sk === 'FILE')).toEqual([]);
  });

  it('begins once in R2 for two calls at a time', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const cut = { ...world().parts, begin: async () => Promise.reject(new Error('cut off')) };
    await expect(presignParts({ ...world(), parts: cut }, { ...request, idempotency }, settings)).rejects.toThrow();
    const offers = await Promise.all([presign({ idempotency }), presign({ idempotency })]);
    expect(new Set(offers.map(({ uploadId }) => uploadId)).size).toBe(1);
    expect(await world().openUploads()).toHaveLength(1);
  });
});
