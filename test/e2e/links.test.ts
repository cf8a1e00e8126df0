import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { type FileView, fileOf } from './expectations.ts';
import { asBackend, asPage, asUser, openStowage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
let file: FileView;
beforeAll(async () => {
  stowage = await openStowage();
  app = await stowage.app();
  file = fileOf(await upload(stowage, app, { bytes: await jpegPhoto() }));
});
afterAll(() => stowage.close());

/** The code of R2's XML error. */
const codeOf = async (response: Response) => /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];

describe('a signed link', () => {
  it('opens without any other proof, as what it is and cacheable by its reader alone', async () => {
    const response = await fetch(file.signedUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('cache-control')).toMatch(/private/);
    expect(Number(response.headers.get('content-length'))).toBe(file.sizeBytes);
    expect((await fetch(file.signedUrl, { headers: { range: 'bytes=0-9' } })).status).toBe(206);
  });

  it('may be read by a page of any origin the bucket allows', async () => {
    const response = await fetch(file.signedUrl, { headers: { origin: 'https://page.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('lives until the time that is told with it, at least five minutes more', () => {
    const query = new URL(file.signedUrl).searchParams;
    const signed = (query.get('X-Amz-Date') ?? '').replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
    const end = Date.parse(signed) + Number(query.get('X-Amz-Expires')) * 1000;
    expect(new Date(end).toISOString()).toBe(file.urlExpiresAt);
    expect(end - Date.parse(file.uploadedAt)).toBeGreaterThanOrEqual(300_000);
  });

  it('is the same for everybody who asks within minutes, so that browsers keep the picture', async () => {
    const ask = async () => {
      const [one, list, own] = await Promise.all([
        stowage.call('GET', `${app.files}/${file.id}`, asPage(app)).then(fileOf),
        stowage.ok('GET', app.files, asBackend(app)) as Promise<{ items: FileView[] }>,
        stowage.call('GET', `${app.setup}/${file.id}`, asUser(app)).then(fileOf),
      ]);
      return new Set([one.signedUrl, list.items[0]?.signedUrl, own.signedUrl]);
    };
    // A window of five minutes may end between the three, but then not twice.
    expect([(await ask()).size, (await ask()).size]).toContain(1);
  });

  it.each([
    [
      'of another bucket',
      (url: URL) => Object.assign(url, { pathname: url.pathname.replace(/^\/[^/]+/, '$&-public') }),
    ],
    ['of another key', (url: URL) => Object.assign(url, { pathname: `${url.pathname}x` })],
    ['with a longer life', (url: URL) => url.searchParams.set('X-Amz-Expires', '604800')],
    [
      'with a later date',
      (url: URL) =>
        url.searchParams.set('X-Amz-Date', url.searchParams.get('X-Amz-Date')?.replace(/..Z$/, '59Z') ?? ''),
    ],
    ['with another signature', (url: URL) => url.searchParams.set('X-Amz-Signature', '0'.repeat(64))],
    ['with a download name', (url: URL) => url.searchParams.set('response-content-disposition', 'attachment')],
    ['with another type', (url: URL) => url.searchParams.set('response-content-type', 'text/html')],
  ])('is refused %s', async (_, tamper) => {
    const url = new URL(file.signedUrl);
    tamper(url);
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('SignatureDoesNotMatch');
  });

  it('is needed: the bare address opens nothing', async () => {
    const response = await fetch(file.signedUrl.split('?')[0] ?? '');
    expect(response.status).toBe(401);
  });

  it('is refused once its time is over', async () => {
    const { endpoint, accessKeyId, secretAccessKey, bucket } = stowage.dev.r2;
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials });
    const Key = new URL(file.signedUrl).pathname.slice(bucket.length + 2);
    const open = async (signedAgoMs: number) => {
      const options = { expiresIn: 60, signingDate: new Date(Date.now() - signedAgoMs) };
      return await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key }), options));
    };
    expect((await open(30_000)).status).toBe(200);
    const late = await open(90_000);
    expect(late.status).toBe(403);
    expect(await codeOf(late)).toBe('ExpiredRequest');
    s3.destroy();
  });

  it.each(['PUT', 'POST', 'DELETE'])('lets nobody %s', async (method) => {
    const body = method === 'DELETE' ? null : 'other bytes';
    const response = await fetch(file.signedUrl, { method, body, headers: { 'content-type': 'image/webp' } });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect((await fetch(file.signedUrl)).headers.get('content-length')).toBe(String(file.sizeBytes));
  });

  it('for a PUT is never of a key a file is stored at', async () => {
    const json = { filename: 'a.png', mimeType: 'image/png', sizeBytes: 1000 };
    for (const [path, caller] of [
      [app.files, asBackend(app)],
      [app.setup, asUser(app)],
    ] as const) {
      const offer = (await stowage.ok('POST', `${path}/presign`, { ...caller, json })) as { uploadUrl: string };
      const { pathname } = new URL(offer.uploadUrl);
      expect(pathname).toMatch(new RegExp(`^/${stowage.dev.r2.bucket}/incoming/[0-9a-f]+$`));
    }
  });
});
