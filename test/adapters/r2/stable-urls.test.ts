import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';

const ref = { bucket: 'default', key: 'apps/a/0123456789abcdef.webp' } as const;

/** A signer of its own instance: it shares no object with the others, only what the deployment gives all of them. */
function signerAt(ms: number) {
  return createUrlSigner({
    endpoint: 'https://account.r2.cloudflarestorage.com',
    buckets: { default: 'files' },
    credentials: async () => ({ accessKeyId: 'id', secretAccessKey: 'secret' }),
    clock: { now: () => new Date(ms) },
  });
}

const times = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2090, 0, 1) });
const lives = fc.oneof(fc.integer({ min: 2, max: 1200 }), fc.integer({ min: 2, max: 604_800 }));

const promisedMs = (expiresInSeconds: number) => Math.min(expiresInSeconds / 2, 300) * 1000;

function signedAt(url: string): number {
  const date = new URL(url).searchParams.get('X-Amz-Date') ?? '';
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

describe('a stable URL', () => {
  it('keeps the promised life, never more than was asked for, and tells its true end', async () => {
    await fc.assert(
      fc.asyncProperty(times, lives, async (now, expiresInSeconds) => {
        const { url, expiresAt } = await signerAt(now).presignGet(ref, { expiresInSeconds, mode: 'stable' });
        const remaining = expiresAt.getTime() - now;
        expect(remaining).toBeGreaterThanOrEqual(promisedMs(expiresInSeconds));
        expect(remaining).toBeLessThanOrEqual(expiresInSeconds * 1000);
        const query = new URL(url).searchParams;
        expect(signedAt(url) + Number(query.get('X-Amz-Expires')) * 1000).toBe(expiresAt.getTime());
      }),
      { numRuns: 500 },
    );
  });

  it('is the same to the byte from every instance until its window ends', async () => {
    await fc.assert(
      fc.asyncProperty(times, lives, fc.double({ min: 0, max: 1, noNaN: true }), async (now, expiresInSeconds, at) => {
        const first = await signerAt(now).presignGet(ref, { expiresInSeconds, mode: 'stable' });
        const start = signedAt(first.url);
        const windowMs = Math.floor(expiresInSeconds - promisedMs(expiresInSeconds) / 1000) * 1000;
        const other = start + Math.floor(at * (windowMs - 1));
        expect(await signerAt(other).presignGet(ref, { expiresInSeconds, mode: 'stable' })).toEqual(first);
        const later = await signerAt(start + windowMs).presignGet(ref, { expiresInSeconds, mode: 'stable' });
        expect(later.url).not.toBe(first.url);
      }),
      { numRuns: 500 },
    );
  });

  it('changes with what it answers', async () => {
    const signer = signerAt(Date.UTC(2026, 1, 2));
    const options = { expiresInSeconds: 900, mode: 'stable' } as const;
    const urls = await Promise.all([
      signer.presignGet(ref, options),
      signer.presignGet(ref, { ...options, contentDisposition: 'inline' }),
      signer.presignGet(ref, { ...options, contentType: 'image/webp' }),
      signer.presignGet({ ...ref, key: 'other' }, options),
    ]);
    expect(new Set(urls.map(({ url }) => url)).size).toBe(4);
  });
});

describe('a fresh URL', () => {
  it('is signed this second and lives for exactly what was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(times, lives, async (now, expiresInSeconds) => {
        const { url, expiresAt } = await signerAt(now).presignGet(ref, { expiresInSeconds, mode: 'fresh' });
        expect(signedAt(url)).toBe(Math.floor(now / 1000) * 1000);
        expect(expiresAt.getTime()).toBe(signedAt(url) + expiresInSeconds * 1000);
      }),
    );
  });
});
