import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rememberCredentials } from '#adapters/r2/credentials.ts';
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

describe('a stable URL that was signed before', () => {
  const options = { expiresInSeconds: 600, mode: 'stable' } as const;
  const now = Date.UTC(2026, 1, 2);
  /** Credentials that are read again when they are refused, as a rotation has it. */
  function rotating() {
    let [secretAccessKey, fails] = ['old', false];
    const read = () => ({ accessKeyId: 'id', secretAccessKey });
    const credentials = rememberCredentials(async () => {
      if (fails) throw new Error('away');
      return read();
    });
    const signer = createUrlSigner({
      endpoint: 'https://account.r2.cloudflarestorage.com',
      buckets: { default: 'files' },
      credentials,
      clock: { now: () => new Date(now) },
    });
    return {
      signer,
      fail: (is: boolean) => {
        fails = is;
      },
      async rotate() {
        const used = read();
        secretAccessKey = 'new';
        await credentials.refused(used);
      },
    };
  }

  it('is signed again once the credentials are others', async () => {
    const { signer, rotate } = rotating();
    const first = await signer.presignGet(ref, options);
    expect(await signer.presignGet(ref, options)).toEqual(first);
    await rotate();
    const second = await signer.presignGet(ref, options);
    expect(second.url).not.toBe(first.url);
    expect(second.expiresAt).toEqual(first.expiresAt);
  });

  it('is tried again by the next caller where it failed', async () => {
    const { signer, fail } = rotating();
    fail(true);
    await expect(signer.presignGet(ref, options)).rejects.toMatchObject({ reason: 'unavailable' });
    fail(false);
    expect((await signer.presignGet(ref, options)).url).toContain('X-Amz-Signature=');
  });

  it('is right among more links than are remembered, twice over', async () => {
    const { signer } = rotating();
    const keys = Array.from({ length: 4_500 }, (_, index) => `apps/a/${index}`);
    const sign = () => Promise.all(keys.map((key) => signer.presignGet({ bucket: 'default', key }, options)));
    const first = await sign();
    expect(new Set(first.map(({ url }) => url)).size).toBe(keys.length);
    expect(first.every(({ url }, index) => url.includes(`/files/apps/a/${index}?`))).toBe(true);
    expect(await sign()).toEqual(first);
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
