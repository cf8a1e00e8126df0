import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { dataOf, expectShape, type Json, seedUpload, uploadsCloud, user, uuid } from './uploads-support.ts';

const cloud = uploadsCloud();

interface Offer {
  uploadId: string;
  uploadUrl: string;
  headers: Record<string, string>;
}

async function presign(json: Json): Promise<Offer> {
  const answer = await cloud.call('POST', '/v1/upload/presign', { json });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(answer.body).toEqual({
    status: 'success',
    message: 'Success',
    data: {
      uploadId: expect.stringMatching(/^[0-9a-f]{24}$/),
      uploadUrl: expect.stringContaining('/incoming/'),
      method: 'PUT',
      expiresIn: 600,
      headers: {
        'content-type': json.mimeType ?? 'application/octet-stream',
      },
      contentLength: json.sizeBytes,
    },
  });
  return (answer.body as { data: Offer }).data;
}

const put = async ({ uploadUrl, headers }: Offer, body: string | Uint8Array<ArrayBuffer>) =>
  (await fetch(uploadUrl, { method: 'PUT', headers, body })).status;

const complete = ({ uploadId }: Offer) => cloud.call('POST', '/v1/upload/complete', { json: { uploadId } });

describe('direct upload', () => {
  it('carries 100 MB without a byte of it through a function', async () => {
    const bytes = randomBytes(104_857_600);
    const offer = await presign({ filename: 'film.bin', sizeBytes: bytes.length, coinName: 'GOGOPOOL' });
    expect(await put(offer, bytes)).toBe(200);
    // A key takes one write a second, a deletion too; sooner, the deletion would be asked for twice.
    await sleep(1_100);
    cloud.it().cloud.requests.reset();
    const answer = await complete(offer);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expectShape(answer.body, seedUpload);
    expect(dataOf(answer)).toMatchObject({ _id: offer.uploadId, size: '104857600', type: 'application/octet-stream' });
    expect(cloud.it().cloud.requests.r2).toEqual({ HeadObject: 1, GetObject: 1, CopyObject: 1, DeleteObject: 1 });
    const again = await complete(offer);
    expect(again.body).toEqual(answer.body);

    const hash = createHash('sha256');
    for await (const chunk of (await fetch(dataOf(answer).url)).body ?? []) hash.update(chunk);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('is private when asked, and is what its bytes are', async () => {
    const text = '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>';
    const declared = { filename: 'a.png', mimeType: 'image/png', sizeBytes: text.length, private: true };
    const offer = await presign(declared);
    expect(await put(offer, text)).toBe(200);
    const file = dataOf(await complete(offer));
    expect(file).toMatchObject({ type: 'image/svg+xml', bucket: cloud.it().stowage.dev.r2.bucket });
    expect(file.name).toMatch(new RegExp(`^private/${user}/${uuid}\\.svg$`));
    const link = String(((await cloud.get(`/v1/upload/url/${file._id}`)).body as Json).data);
    const served = await fetch(link);
    expect(served.headers.get('content-type')).toBe('application/octet-stream');
    expect(served.headers.get('content-disposition')).toBe('attachment; filename=a.png');
  });

  it.each([
    [{ sizeBytes: 5 }, 400],
    [{ filename: 'a', sizeBytes: 0 }, 400],
    [{ filename: 'a', sizeBytes: 5, mimeType: 'a\r\nb' }, 400],
    [{ filename: 'a', sizeBytes: 6_000_000, mimeType: 'video/mp4; name=日本', parts: true }, 400],
    [{ filename: 'a', sizeBytes: 104_857_601 }, 413],
  ])('refuses %j with %i', async (json, status) => {
    expect((await cloud.call('POST', '/v1/upload/presign', { json })).status).toBe(status);
  });
});
