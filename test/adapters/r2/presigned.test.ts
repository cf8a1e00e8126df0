import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { startBucket } from './bucket.ts';

let bucket: Awaited<ReturnType<typeof startBucket>>;
let ref: ObjectRef;
const png = { contentType: 'image/png', contentLength: 5, expiresInSeconds: 60 };

beforeAll(async () => {
  bucket = await startBucket();
});
beforeEach(() => {
  ref = { bucket: 'default', key: `incoming/${randomBytes(8).toString('hex')} ü+#'()` };
});
afterAll(() => bucket.stop());

/** Sends a request and reads the whole answer. */
async function status(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

describe('a presigned PUT', () => {
  it('takes exactly what it was signed for, with no more than the declared type, and again', async () => {
    const { url, headers } = await bucket.signer.presignPut(ref, png);
    expect(await status(url, { method: 'PUT', body: 'bytes', headers })).toBe(200);
    expect(await bucket.store.head(ref)).toMatchObject({ sizeBytes: 5, contentType: 'image/png' });
    // R2 takes one write of a key a second.
    await expect
      .poll(() => status(url, { method: 'PUT', body: 'other', headers }), { timeout: 3000, interval: 300 })
      .toBe(200);
  });

  it.each<[string, { body?: string; headers?: Record<string, string> }]>([
    ['another length', { body: 'longer bytes' }],
    ['another type', { headers: { 'content-type': 'text/html' } }],
    ['no type', { headers: {} }],
  ])('refuses %s', async (_, change) => {
    const { url, headers } = await bucket.signer.presignPut(ref, png);
    const request = { method: 'PUT', body: Buffer.from('bytes'), headers, ...change };
    expect(await status(url, request)).toBe(403);
    expect(await bucket.store.head(ref)).toBeUndefined();
  });

  it('opens neither another key nor another method', async () => {
    const { url, headers } = await bucket.signer.presignPut(ref, png);
    const other = url.replace('/incoming/', '/incoming/x');
    expect(await status(other, { method: 'PUT', body: 'bytes', headers })).toBe(403);
    expect(await status(url)).toBe(403);
    expect(await status(url, { method: 'DELETE' })).toBe(403);
  });
});

describe('a presigned GET', () => {
  beforeEach(() => bucket.store.put(ref, Buffer.from('bytes'), { contentType: 'image/png' }));

  it.each(['fresh', 'stable'] as const)('opens the object under the names it was signed with: %s', async (mode) => {
    const contentDisposition = `attachment; filename="a b.png"; filename*=UTF-8''%C3%BC.png`;
    const options = { expiresInSeconds: 60, mode, contentDisposition, contentType: 'application/octet-stream' };
    const { url } = await bucket.signer.presignGet(ref, options);
    const response = await fetch(url);
    expect(await response.text()).toBe('bytes');
    expect(response.headers.get('content-disposition')).toBe(contentDisposition);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
  });

  it('opens neither with other names nor another object', async () => {
    const options = { expiresInSeconds: 60, mode: 'fresh', contentDisposition: 'inline' } as const;
    const { url } = await bucket.signer.presignGet(ref, options);
    expect(await status(url.replace('disposition=inline', 'disposition=attachment'))).toBe(403);
    expect(await status(url.replace('/incoming/', '/incoming/x'))).toBe(403);
  });

  it('ends when it says', async () => {
    let ms = Date.now() - 61_000;
    const signer = createUrlSigner({ ...bucket.config, clock: { now: () => new Date(ms) } });
    const old = await signer.presignGet(ref, { expiresInSeconds: 60, mode: 'fresh' });
    expect(old.expiresAt.getTime()).toBeLessThan(Date.now());
    expect([400, 403]).toContain(await status(old.url));
    ms = Date.now() - 30_000;
    expect(await status((await signer.presignGet(ref, { expiresInSeconds: 60, mode: 'fresh' })).url)).toBe(200);
  });
});
