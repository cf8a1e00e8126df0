import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dataOf, type Json, uploadsCloud } from './uploads-support.ts';

const cloud = uploadsCloud();
const MiB = 1_048_576;

interface Offer {
  uploadId: string;
  partSizeBytes: number;
  partCount: number;
  uploadedParts: { partNumber: number; etag: string }[];
  parts: { partNumber: number; uploadUrl: string; contentLength: number }[];
}

const post = (path: string, json: Json) => cloud.call('POST', `/v1/upload/${path}`, { json });
const offerOf = (answer: { status: number; body: unknown }) => {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return (answer.body as { data: Offer }).data;
};
const presign = async (sizeBytes: number, more: Json = {}) =>
  offerOf(await post('presign', { filename: 'film.bin', sizeBytes, parts: true, ...more }));

async function put({ parts, partSizeBytes }: Offer, bytes: Buffer): Promise<void> {
  for (const { partNumber, uploadUrl, contentLength } of parts) {
    const start = (partNumber - 1) * partSizeBytes;
    const body = bytes.subarray(start, start + contentLength);
    const answer = await fetch(uploadUrl, { method: 'PUT', body });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  }
}

describe('a direct upload in parts', () => {
  it('is public at its address once it is complete, and not a moment before', async () => {
    const bytes = randomBytes(11 * MiB);
    const offer = await presign(bytes.length, { mimeType: 'video/mp4', coinName: 'parts' });
    expect(offer).toMatchObject({ partSizeBytes: 5 * MiB, partCount: 3 });
    await put({ ...offer, parts: offer.parts.slice(0, 2) }, bytes);
    const early = await post('complete', { uploadId: offer.uploadId });
    expect([early.status, early.body]).toMatchObject([
      400,
      { code: 'file_not_uploaded', details: { missingParts: [3] } },
    ]);
    const rest = offerOf(await post(`${offer.uploadId}/parts`, {}));
    expect(rest.uploadedParts.map(({ partNumber }) => partNumber)).toEqual([1, 2]);
    expect(rest.parts.map(({ partNumber }) => partNumber)).toEqual([3]);
    await put(rest, bytes);
    expect((await cloud.get(`/v1/upload/${offer.uploadId}`)).status).toBe(404);
    const stored = dataOf(await post('complete', { uploadId: offer.uploadId }));
    expect(stored).toMatchObject({ _id: offer.uploadId, size: String(bytes.length), type: 'application/octet-stream' });
    const served = Buffer.from(await (await fetch(stored.url)).arrayBuffer());
    expect(createHash('sha256').update(served).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    const again = await post('complete', { uploadId: offer.uploadId });
    expect(dataOf(again)).toEqual(stored);
    expect((await post(`${offer.uploadId}/parts`, {})).status).toBe(404);
  });

  it('signs a hundred parts at a time, of a file as large as one may be', async () => {
    await cloud.admin('PUT', { maxFileBytes: 5_363_423_150 });
    await sleep(1_100);
    const offer = await presign(5_363_423_150);
    expect([offer.partSizeBytes, offer.partCount, offer.parts.length]).toEqual([11 * MiB, 465, 100]);
    const last = offerOf(await post(`${offer.uploadId}/parts`, { numbers: [465, 7] }));
    expect(last.parts.map(({ partNumber, contentLength }) => [partNumber, contentLength])).toEqual([
      [465, 5_363_423_150 - 464 * 11 * MiB],
      [7, 11 * MiB],
    ]);
    for (const numbers of [[466], [0], [], [1, 1], Array.from({ length: 101 }, (_, index) => index + 1)])
      expect((await post(`${offer.uploadId}/parts`, { numbers })).status, `${numbers}`).toBe(400);
    const tooLarge = await post('presign', { filename: 'a', sizeBytes: 5_363_423_151, parts: true });
    expect([tooLarge.status, (tooLarge.body as Json).code]).toEqual([413, 'file_too_large']);
    await cloud.admin('PUT', { maxFileBytes: 104_857_600 });
    expect((await cloud.call('DELETE', `/v1/upload/${offer.uploadId}`)).status).toBe(200);
  });

  it('is given up by deleting it, parts and all, as is one by a single PUT', async () => {
    const inParts = await presign(6 * MiB);
    await put(inParts, randomBytes(6 * MiB));
    const single = offerOf(await post('presign', { filename: 'a.bin', sizeBytes: 10 }));
    for (const { uploadId } of [inParts, single]) {
      const deleted = await cloud.call('DELETE', `/v1/upload/${uploadId}`);
      expect([deleted.status, dataOf(deleted)]).toMatchObject([200, { _id: uploadId, status: false }]);
      await cloud.it().stowage.ok('POST', '/__local/drain');
      expect((await cloud.call('DELETE', `/v1/upload/${uploadId}`)).status).toBe(404);
      expect((await post('complete', { uploadId })).status).toBe(404);
    }
    const [part] = inParts.parts;
    expect((await fetch(part?.uploadUrl ?? '', { method: 'PUT', body: Buffer.alloc(5 * MiB) })).status).toBe(404);
  });

  it('refuses bytes of a type that is not taken, and keeps nothing of them', async () => {
    await cloud.admin('PUT', { allowedTypes: ['image/*'] });
    const offer = await presign(10);
    await put(offer, Buffer.from('plain text'));
    // Instances of this cloud keep settings for a second.
    await sleep(1_100);
    const refused = await post('complete', { uploadId: offer.uploadId });
    expect([refused.status, (refused.body as Json).code]).toEqual([415, 'invalid_file_type']);
    await cloud.admin('PUT', { allowedTypes: ['*/*'] });
    expect((await post('complete', { uploadId: offer.uploadId })).status).toBe(404);
  });
});
