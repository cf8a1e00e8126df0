import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

/** Four for the key itself, two of the secret by which signer and cache know it. */
const derivation = 6;

/** HMACs are what signing costs, so they are counted where they are made. */
describe('a page of links signed at once', () => {
  const hmac = vi.spyOn(crypto, 'createHmac');
  let createUrlSigner: typeof import('#adapters/r2/url-signer.ts').createUrlSigner;

  beforeAll(async () => {
    syncBuiltinESMExports();
    vi.resetModules();
    ({ createUrlSigner } = await import('#adapters/r2/url-signer.ts'));
  });
  afterAll(() => {
    hmac.mockRestore();
    syncBuiltinESMExports();
  });

  const keys = Array.from({ length: 50 }, (_, index) => `files/${index}.webp`);
  const signerOf = (secretAccessKey: string, now = () => new Date()) =>
    createUrlSigner({
      endpoint: 'https://account.r2.cloudflarestorage.com',
      buckets: { default: 'files' },
      credentials: async () => ({ accessKeyId: 'AKID', secretAccessKey }),
      clock: { now },
    });
  async function hmacsOf(signer: ReturnType<typeof signerOf>, mode: 'fresh' | 'stable' = 'fresh'): Promise<number> {
    const before = hmac.mock.calls.length;
    const sign = (key: string) => signer.presignGet({ bucket: 'default', key }, { expiresInSeconds: 600, mode });
    await Promise.all(keys.map(sign));
    return hmac.mock.calls.length - before;
  }

  it('derives the key of the day once, and takes one HMAC a link from then on', async () => {
    const signer = signerOf('secret');
    expect(await hmacsOf(signer)).toBeLessThanOrEqual(derivation + keys.length);
    expect(await hmacsOf(signer)).toBe(keys.length);
  });

  it('still does after fifty other keys were needed in between, and on the next day', async () => {
    let day = 1;
    const signer = signerOf('secret', () => new Date(Date.UTC(2026, 0, day, 12)));
    await hmacsOf(signer);
    for (day = 2; day < 60; day += 1) await hmacsOf(signer);
    expect(await hmacsOf(signer)).toBeLessThanOrEqual(derivation + keys.length);
    expect(await hmacsOf(signer)).toBe(keys.length);
  });

  it('takes none where links are stable and were signed before in their window', async () => {
    let now = Date.UTC(2026, 0, 1, 12);
    const signer = signerOf('secret', () => new Date(now));
    expect(await hmacsOf(signer, 'stable')).toBeGreaterThanOrEqual(keys.length);
    now += 299_999;
    expect(await hmacsOf(signer, 'stable')).toBe(0);
    now += 1;
    expect(await hmacsOf(signer, 'stable')).toBe(keys.length);
  });
});
