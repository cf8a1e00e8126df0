import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Fault } from '#local/r2/types.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError } from './expectations.ts';
import { asBackend, openCloud, type TestApp, upload } from './support.ts';

/**
 * A bucket that takes requests and does not answer. Each request must still have an answer of our own: the function
 * ends after 29 s, and then there is only the gateway's.
 */
let opened: Awaited<ReturnType<typeof openCloud>>;
let app: TestApp;
let photo: Buffer;

beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto({ width: 64, height: 48 })]);
  app = await opened.stowage.app();
});
afterEach(() => {
  opened.cloud.faults.r2 = undefined;
});
afterAll(() => opened.close());

async function uploaded(): Promise<string> {
  const declared = { filename: 'photo.jpg', mimeType: 'image/jpeg', sizeBytes: photo.length };
  const offer = (await opened.stowage.ok('POST', `${app.files}/presign`, { ...asBackend(app), json: declared })) as {
    uploadId: string;
    uploadUrl: string;
    headers: Record<string, string>;
  };
  const { 'content-length': _, ...headers } = offer.headers;
  const put = await fetch(offer.uploadUrl, { method: 'PUT', headers, body: new Uint8Array(photo) });
  await put.arrayBuffer();
  expect(put.status).toBe(200);
  return offer.uploadId;
}
const complete = (uploadId: string) =>
  opened.stowage.call('POST', `${app.files}/complete`, { ...asBackend(app), json: { uploadId } });

it('refuses a form upload, the clean-up after it included, with our own body', async () => {
  opened.cloud.faults.r2 = () => 'silent';
  expectError(await upload(opened.stowage, app, { bytes: photo }), 503, 'temporarily_unavailable');
});

it.each<[string, Fault]>([
  ['says nothing', 'silent'],
  ['breaks off after the headers', { afterEffect: 'silent body' }],
])('that %s to two tries of every call costs a direct upload no more than there is time for', async (_, fault) => {
  const uploadId = await uploaded();
  const tries = new Map<string, number>();
  opened.cloud.faults.r2 = ({ operation }) => {
    const count = (tries.get(operation) ?? 0) + 1;
    tries.set(operation, count);
    return count <= 2 ? fault : undefined;
  };
  const answer = await complete(uploadId);
  if (answer.status !== 200 && answer.status !== 201) expectError(answer, 503, 'temporarily_unavailable');
  opened.cloud.faults.r2 = undefined;
  expect((await complete(uploadId)).status, 'nothing was lost').toBeLessThan(202);
});
