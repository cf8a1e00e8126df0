import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { type Offer, organizationsOn, type Row } from './organization-support.ts';
import { asBackend, openCloud } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let photo: Buffer;
beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto()]);
});
afterAll(() => opened.close());

/** As a client does that was written against a plain presigned URL: its own declared type, and nothing else. */
const putAsDeclared = async ({ uploadUrl }: Offer, declared: string) =>
  (await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': declared }, body: new Uint8Array(photo) }))
    .status;

describe.each(['image/jpeg', 'image/jpg', 'IMAGE/JPEG', 'image/jpeg; charset=utf-8'])(
  'a JPEG that is declared as %s',
  (declared) => {
    it('is uploaded into a session', async () => {
      const app = await opened.stowage.app();
      const json = { filename: 'a.jpg', mimeType: declared, sizeBytes: photo.length };
      const offer = (await opened.stowage.ok('POST', `${app.files}/presign`, { ...asBackend(app), json })) as Offer;
      expect(await putAsDeclared(offer, declared)).toBe(200);
      const complete = { ...asBackend(app), json: { uploadId: offer.uploadId } };
      const stored = await opened.stowage.ok('POST', `${app.files}/complete`, complete);
      expect(stored).toMatchObject({ file: { mimeType: 'image/webp' } });
    });

    it('is uploaded to the uploads API', async () => {
      const app = await opened.stowage.app();
      const as = { token: app.userToken };
      const json = { filename: 'a.jpg', mimeType: declared, sizeBytes: photo.length };
      const presigned = await opened.stowage.ok('POST', '/v1/upload/presign', { ...as, json });
      const { data: offer } = presigned as { data: Offer };
      expect(await putAsDeclared(offer, declared)).toBe(200);
      const stored = await opened.stowage.ok('POST', '/v1/upload/complete', {
        ...as,
        json: { uploadId: offer.uploadId },
      });
      expect(stored).toMatchObject({ data: { type: 'image/jpeg' } });
    });

    it('becomes a progress photo', async () => {
      const { stowage, org, ada, write } = await organizationsOn(opened.stowage);
      const json = { ownerType: 'progress_photo', mime: declared, size: photo.length };
      const offer = (await stowage.ok('POST', `/organizations/${org}/uploads/presign`, { ...ada.as, json })) as Offer;
      expect(await putAsDeclared(offer, declared)).toBe(200);
      const row = (await write('/progress-photos', { uploadIds: [offer.uploadId] })).body as Row;
      expect(row.files).toMatchObject([{ mimeType: 'image/jpeg', key: expect.stringMatching(/\.jpg$/) }]);
      expect((await fetch(row.files[0]?.url ?? '')).headers.get('content-type')).toBe('image/jpeg');
    });
  },
);
