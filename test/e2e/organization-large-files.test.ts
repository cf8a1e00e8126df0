import { afterAll, describe, expect, it } from 'vitest';
import { type Offer, openOrganizations, photo, put } from './organization-support.ts';
import type { CallOptions } from './support.ts';

const { stowage, org, other, platform, ada, bob, nobody } = await openOrganizations();
afterAll(() => stowage.close());

const post = (path: string, json: object, as: CallOptions = platform) => stowage.call('POST', path, { ...as, json });

async function offered(path: string, json: object, as: CallOptions = platform): Promise<Offer> {
  const answer = await post(path, json, as);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body as Offer;
}

/** Six megabytes that begin with something: more than a request carries. */
const large = (beginning: string) => Buffer.concat([Buffer.from(beginning), Buffer.alloc(6 * 1024 * 1024, 'x')]);

describe('what is too large for a request', () => {
  it('is a document kept for seven years all the same: presigned, PUT, completed', async () => {
    const documents = `/platform/organizations/${org}/compliance-documents`;
    const bytes = large('%PDF-1.7\n');
    const offer = await offered(`${documents}/upload`, { fileSize: bytes.byteLength, filename: 'deed.pdf' });
    expect(offer).toMatchObject({ contentLength: bytes.byteLength, headers: { 'content-type': 'application/pdf' } });
    const { uploadId } = offer;
    expect(await post(`${documents}/upload`, { uploadId })).toMatchObject({
      status: 400,
      body: {
        code: 'file_not_uploaded',
        message: `File ${uploadId} was not uploaded. PUT its bytes first, then complete.`,
      },
    });
    expect(await put(offer, bytes)).toBe(200);
    const stored = await post(`${documents}/upload`, { uploadId: uploadId.toUpperCase() });
    const document = { id: uploadId, originalName: 'deed.pdf', sizeBytes: bytes.byteLength };
    expect(stored).toMatchObject({ status: 201, body: { document } });
    expect(await post(`${documents}/upload`, { uploadId })).toEqual(expect.objectContaining({ body: stored.body }));
    const opened = (await stowage.ok('GET', `${documents}/${uploadId}`, platform)) as { url: string };
    expect(Buffer.from(await (await fetch(opened.url)).arrayBuffer()).equals(bytes)).toBe(true);
    expect(await stowage.call('DELETE', `${documents}/${uploadId}`, platform)).toMatchObject({
      status: 409,
      body: { code: 'retained_until' },
    });
    const elsewhere = `/platform/organizations/${other}/compliance-documents/upload`;
    expect((await post(elsewhere, { uploadId })).status).toBe(400);
  });

  it('is the CSV of a job', async () => {
    const job = `/platform/organizations/${org}/exports/yearly`;
    const bytes = large('name,score\r\n');
    const offer = await offered(`${job}/upload`, { sizeBytes: bytes.byteLength });
    expect(await put(offer, bytes)).toBe(200);
    expect(await post(`${job}/upload`, { uploadId: offer.uploadId })).toMatchObject({
      status: 201,
      body: { export: { jobId: 'yearly', organizationId: org, sizeBytes: bytes.byteLength } },
    });
    const url = `/organizations/${org}/exports/yearly/url`;
    const link = (await stowage.ok('GET', url, ada.as)) as { url: string };
    expect(Buffer.from(await (await fetch(link.url)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('is told how it goes all the same', async () => {
    const documents = `/platform/organizations/${org}/compliance-documents`;
    const body = new FormData();
    // Above what is taken of a form, below what the gateway refuses by itself.
    body.set('file', new Blob([new Uint8Array(large('%PDF-1.7\n').subarray(0, 4_700_000))]), 'deed.pdf');
    const told = (path: string) => ({ presign: `POST ${path}`, complete: `POST ${path}`, maxBytes: 104_857_600 });
    expect(await stowage.call('POST', documents, { ...platform, body })).toMatchObject({
      status: 400,
      body: { code: 'file_too_large', details: { direct: told(`${documents}/upload`) } },
    });
    const job = `/platform/organizations/${org}/exports/yearly`;
    const csv = { headers: { 'content-type': 'text/csv' }, body: 'x'.repeat(4_300_000) };
    expect(await stowage.call('POST', job, { ...platform, ...csv })).toMatchObject({
      status: 400,
      body: { code: 'file_too_large', details: { direct: told(`${job}/upload`) } },
    });
  });

  it('says its size once, and is told what to do otherwise', async () => {
    for (const path of ['compliance-documents/upload', 'exports/job/upload']) {
      for (const json of [{}, { size: 1, sizeBytes: 2 }, { sizeBytes: 0 }, { uploadId: 7 }]) {
        expect(await post(`/platform/organizations/${org}/${path}`, json)).toMatchObject({
          status: 400,
          body: { code: 'validation_failed' },
        });
      }
      expect(await post(`/platform/organizations/${org}/${path}`, { sizeBytes: 200_000_000 })).toMatchObject({
        status: 400,
        body: { code: 'file_too_large' },
      });
    }
  });
});

describe('media of a workout', () => {
  const media = `/organizations/${org}/workouts/w1/media`;
  const declared = { mimeType: 'video/mp4', fileSize: photo.byteLength, filename: 'squat.mp4' };
  const urls = async (key: string) =>
    (await stowage.ok('POST', `${media}/urls`, { ...bob.as, json: { keys: [key] } })) as {
      urls: { url: string }[];
      missing: string[];
    };

  it('are presigned, PUT and completed by a member, opened by the others, and deleted again', async () => {
    const offer = await offered(media, declared, ada.as);
    expect(await put(offer)).toBe(200);
    const { uploadId } = offer;
    expect((await post(media, { uploadId }, bob.as)).status).toBe(403);
    expect((await post(`/organizations/${org}/workouts/w2/media`, { uploadId }, ada.as)).status).toBe(400);
    const key = `workouts/${org}/w1/${uploadId}.mp4`;
    const stored = await post(media, { uploadId }, ada.as);
    expect(stored).toMatchObject({ status: 201, body: { media: { uploadId, key, originalName: 'squat.mp4' } } });
    const [link] = (await urls(key)).urls;
    expect(Buffer.from(await (await fetch(link?.url ?? '')).arrayBuffer())).toEqual(photo);
    expect((await stowage.call('DELETE', `${media}/${uploadId}`, bob.as)).status).toBe(404);
    expect((await stowage.call('DELETE', `${media}/${uploadId}`, nobody.as)).status).toBe(403);
    expect((await stowage.call('DELETE', `${media}/${uploadId.toUpperCase()}`, ada.as)).status).toBe(204);
    await stowage.drain();
    expect(await urls(key)).toEqual({ urls: [], missing: [key] });
  });

  it('are uploaded and deleted by the platform for the member it names', async () => {
    expect((await post(media, declared)).status).toBe(400);
    const offer = await offered(media, { ...declared, userId: ada.userId });
    expect(await put(offer)).toBe(200);
    const { uploadId } = offer;
    expect((await post(media, { uploadId, userId: ada.userId })).status).toBe(201);
    expect((await stowage.call('DELETE', `${media}/${uploadId}`, platform)).status).toBe(204);
  });

  it('are for members, of the types the policy names', async () => {
    expect(await post(media, declared, nobody.as)).toMatchObject({ status: 403, body: { code: 'not_active_member' } });
    expect(await post(media, { ...declared, mimeType: 'application/pdf' }, ada.as)).toMatchObject({
      status: 400,
      body: { code: 'invalid_file_type', message: 'Unsupported file type' },
    });
  });
});
