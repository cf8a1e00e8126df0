import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { credentials, startBucket } from './bucket.ts';

let bucket: Awaited<ReturnType<typeof startBucket>>;
let ref: ObjectRef;
const bytes = Buffer.from('the bytes of an object');
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
const plain = { contentType: 'text/plain' };
const failed = (reason: string) => ({ name: 'ObjectStoreError', reason });
const busy = { status: 503, code: 'SlowDown' };
const landed = { afterEffect: 'reset' } as const;
const tooSoon = { status: 429, code: 'TooManyRequests' };

beforeAll(async () => {
  bucket = await startBucket();
});
beforeEach(() => {
  bucket.lines.length = 0;
  bucket.faults.length = 0;
  ref = { bucket: 'default', key: `files/${randomBytes(8).toString('hex')}` };
});
afterAll(() => bucket.stop());

describe('a bucket in trouble', () => {
  it.each([
    ['busy', busy],
    ['limiting writes', { status: 429, code: 'TooManyRequests' }],
    ['broken', { status: 500, code: 'InternalError' }],
    ['dropping connections', 'reset' as const],
  ])('is asked up to three times: %s', async (_, fault) => {
    bucket.faults.push(fault, fault);
    expect(await bucket.store.put(ref, bytes, plain)).toEqual({ etag });
    bucket.faults.push(fault, fault);
    expect(await bucket.store.head(ref)).toMatchObject({ etag });
    bucket.faults.push(fault, fault);
    expect(await bucket.store.get(ref, { maxBytes: 100 })).toHaveLength(bytes.length);
    bucket.faults.push(fault, fault);
    await bucket.store.copy(ref, { ...ref, key: `${ref.key}-copy` }, { ifMatch: etag, headers: plain });
    bucket.faults.push(fault, fault);
    // A key that nobody wrote this second.
    await bucket.store.delete({ ...ref, key: `${ref.key}-none` });
    expect(bucket.lines).toHaveLength(15);
  });

  it.each([
    ['busy', busy],
    ['dropping connections', 'reset' as const],
  ])('is unavailable after the third time: %s', async (_, fault) => {
    bucket.faults.push(fault, fault, fault);
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('unavailable'));
    expect(bucket.lines).toHaveLength(3);
    expect(await bucket.store.head(ref)).toBeUndefined();
  });

  it('is believed at once when it refuses for good', async () => {
    bucket.faults.push({ status: 403, code: 'ObjectLockedByBucketPolicy' });
    await expect(bucket.store.delete(ref)).rejects.toMatchObject(failed('locked'));
    bucket.faults.push({ status: 400, code: 'EntityTooLarge' });
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('too_large'));
    bucket.faults.push({ status: 501, code: 'NotImplemented' });
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('denied'));
    expect(bucket.lines).toHaveLength(3);
  });

  it.each([400, 403])('is read by its code, whatever the status: ExpiredRequest with %s', async (status) => {
    bucket.faults.push({ status, code: 'ExpiredRequest' });
    await expect(bucket.store.get(ref, { maxBytes: 1 })).rejects.toMatchObject(failed('denied'));
  });

  it('is not read by a status that says less than the code', async () => {
    bucket.faults.push({ status: 404, code: 'NoSuchBucket' });
    await expect(bucket.store.get(ref, { maxBytes: 1 })).rejects.toMatchObject(failed('denied'));
    for (const code of ['IncompleteBody', 'ClientDisconnect']) {
      bucket.faults.push({ status: 400, code });
      expect(await bucket.store.put({ ...ref, key: `${ref.key}-${code}` }, bytes, plain)).toEqual({ etag });
    }
  });
});

describe('a write whose answer was lost', () => {
  it('is recognised as our own and succeeds', async () => {
    bucket.faults.push(landed, tooSoon);
    expect(await bucket.store.put(ref, bytes, plain)).toEqual({ etag });
    expect(bucket.story()).toEqual(['PutObject 0', 'PutObject 429', 'PutObject 412', 'HeadObject 200']);
  });

  it('is recognised in a locked bucket too, where the lock refuses the second try', async () => {
    const locked = { ...ref, bucket: 'compliance' } as const;
    bucket.faults.push(landed);
    expect(await bucket.store.put(locked, bytes, plain)).toEqual({ etag });
    await bucket.store.put(ref, bytes, plain);
    bucket.faults.push(landed);
    const copy = { ...locked, key: `${ref.key}-copy` };
    expect(await bucket.store.copy(ref, copy, { ifMatch: etag, headers: plain })).toEqual({ etag });
  });

  it('is not mistaken for another’s object that stood there before', async () => {
    await bucket.store.put(ref, Buffer.from('foreign'), plain);
    bucket.faults.push('reset');
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('exists'));
    expect(Buffer.from((await bucket.store.get(ref, { maxBytes: 100 })) ?? []).toString()).toBe('foreign');
  });

  it('costs no HEAD when nothing was lost, as nothing is by being told to come later', async () => {
    await bucket.store.put(ref, bytes, plain);
    bucket.faults.push(tooSoon);
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('exists'));
    expect(bucket.story()).toEqual(['PutObject 200', 'PutObject 429', 'PutObject 412']);
  });

  it('may be a deletion or a copy, which just run again', async () => {
    await bucket.store.put(ref, bytes, plain);
    const copy = { ...ref, key: `${ref.key}-copy` };
    bucket.faults.push(landed);
    expect(await bucket.store.copy(ref, copy, { ifMatch: etag, headers: plain })).toEqual({ etag });
    bucket.faults.push(landed);
    await bucket.store.delete(ref);
    expect(await bucket.store.head(ref)).toBeUndefined();
  });
});

describe('credentials', () => {
  const wrong = { ...credentials, secretAccessKey: 'not-the-secret' };
  const clock = { now: () => new Date() };

  it('that are wrong are denied by every operation, and never shown', async () => {
    const config = { ...bucket.config, credentials: async () => wrong };
    const store = createObjectStore(config);
    const errors = await Promise.all([
      store.put(ref, bytes, plain).catch((e: Error) => e),
      store.head(ref).catch((e: Error) => e),
      store.get(ref, { maxBytes: 1 }).catch((e: Error) => e),
      store.delete(ref).catch((e: Error) => e),
      createObjectLister(config)
        .list('default', {})
        .catch((e: Error) => e),
    ]);
    for (const error of errors) {
      expect(error).toMatchObject(failed('denied'));
      expect(String(error)).not.toMatch(/not-the-secret|Signature=|X-Amz|http:/i);
    }
  });

  it('are fetched once for many requests at the same time', async () => {
    let fetched = 0;
    const counted = async () => {
      fetched++;
      return credentials;
    };
    const store = createObjectStore({ ...bucket.config, credentials: counted });
    await Promise.all(Array.from({ length: 10 }, () => store.head(ref)));
    expect(fetched).toBe(1);
  });

  it('that could not be fetched are fetched again', async () => {
    let fetched = 0;
    const store = createObjectStore({
      ...bucket.config,
      async credentials() {
        if (fetched++ === 0) {
          throw new Error('no network');
        }
        return credentials;
      },
    });
    await expect(store.head(ref)).rejects.toMatchObject(failed('unavailable'));
    expect(await store.head(ref)).toBeUndefined();
  });

  it('that were rotated are picked up by the request that is refused, and by all that follow', async () => {
    let current = wrong;
    let fetched = 0;
    const config = {
      ...bucket.config,
      async credentials() {
        fetched++;
        return current;
      },
    };
    const store = createObjectStore(config);
    // Remembered, and rotated since.
    await createUrlSigner({ ...config, clock }).presignGet(ref, { expiresInSeconds: 60, mode: 'fresh' });
    current = credentials;
    expect(await store.put(ref, bytes, plain)).toEqual({ etag });
    expect(await store.head(ref)).toMatchObject({ etag });
    expect(bucket.story()).toEqual(['PutObject 403', 'PutObject 200', 'HeadObject 200']);
    const { url } = await createUrlSigner({ ...config, clock }).presignGet(ref, {
      expiresInSeconds: 60,
      mode: 'fresh',
    });
    expect((await fetch(url)).status).toBe(200);
    expect(fetched).toBe(2);
  });

  it('that stay wrong are no storm of readings', async () => {
    let fetched = 0;
    const store = createObjectStore({
      ...bucket.config,
      async credentials() {
        fetched++;
        return wrong;
      },
    });
    for (let i = 0; i < 5; i++) await expect(store.delete(ref)).rejects.toMatchObject(failed('denied'));
    expect(fetched).toBe(2);
    expect(bucket.lines).toHaveLength(5);
  });
});

describe('R2’s one write of a key a second', () => {
  it('is waited for, so that a file may be stored and deleted at once', async () => {
    await bucket.store.put(ref, bytes, plain);
    await bucket.store.delete(ref);
    expect(await bucket.store.head(ref)).toBeUndefined();
    expect(bucket.story().slice(0, 3)).toEqual(['PutObject 200', 'DeleteObject 429', 'DeleteObject 204']);
  });

  it('is waited for more than a second, or the next try would be refused as well', async () => {
    const times: number[] = [];
    bucket.faults.push({ status: 429, code: 'TooManyRequests' }, { status: 503, code: 'SlowDown' });
    const timed = bucket.lines.push.bind(bucket.lines);
    bucket.lines.push = (...lines) => {
      times.push(performance.now());
      return timed(...lines);
    };
    await bucket.store.put(ref, bytes, plain);
    bucket.lines.push = timed;
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(waits).toHaveLength(2);
    // R2's rule and not our speed: sooner would be refused.
    for (const wait of waits) expect(wait).toBeGreaterThan(1_000);
  });
});
