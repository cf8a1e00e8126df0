import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { startBucket } from './bucket.ts';

let bucket: Awaited<ReturnType<typeof startBucket>>;
let ref: ObjectRef;
const bytes = Buffer.from('the bytes of an object');
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
const plain = { contentType: 'text/plain' };
const failed = (reason: string) => ({ name: 'ObjectStoreError', reason });

beforeAll(async () => {
  bucket = await startBucket();
});
beforeEach(() => {
  bucket.lines.length = 0;
  ref = { bucket: 'default', key: `files/${randomBytes(8).toString('hex')}` };
});
afterAll(() => bucket.stop());

describe('put', () => {
  it.each([
    'plain',
    'with space+plus/#hash?query&and=equals',
    'ünï/日本語/🐟.png',
    "quotes'(and)*!~",
    '%2F%20',
    'a//b/',
  ])('stores bytes and headers under any key: %s', async (name) => {
    const { store } = bucket;
    const at = { ...ref, key: `${ref.key}/${name}` };
    const headers = { contentType: 'image/webp', contentDisposition: 'inline', cacheControl: 'private, max-age=60' };
    expect(await store.put(at, bytes, headers)).toEqual({ etag });
    expect(await store.head(at)).toMatchObject({ sizeBytes: bytes.length, etag, contentType: 'image/webp' });
    expect(Buffer.from((await store.get(at, { maxBytes: 100 })) ?? [])).toEqual(bytes);
    const { objects } = await createObjectLister(bucket.config).list('default', { prefix: `${ref.key}/` });
    expect(objects.map(({ key }) => key)).toEqual([at.key]);
  });

  it('stores the headers it was given', async () => {
    const headers = { contentType: 'image/webp', contentDisposition: 'inline', cacheControl: 'private, max-age=60' };
    await bucket.store.put(ref, bytes, headers);
    const { url } = await bucket.signer.presignGet(ref, { expiresInSeconds: 60, mode: 'fresh' });
    const response = await fetch(url);
    await response.arrayBuffer();
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('content-disposition')).toBe('inline');
    expect(response.headers.get('cache-control')).toBe('private, max-age=60');
  });

  it('never replaces an object, not even by itself', async () => {
    await bucket.store.put(ref, bytes, plain);
    await expect(bucket.store.put(ref, Buffer.from('other'), plain)).rejects.toMatchObject(failed('exists'));
    await expect(bucket.store.put(ref, bytes, plain)).rejects.toMatchObject(failed('exists'));
    const repeated = { repeatable: true };
    expect(await bucket.store.put(ref, bytes, plain, repeated)).toEqual({ etag });
    const other = bucket.store.put(ref, Buffer.from('other'), plain, repeated);
    await expect(other).rejects.toMatchObject(failed('exists'));
    expect(Buffer.from((await bucket.store.get(ref, { maxBytes: 100 })) ?? [])).toEqual(bytes);
  });

  it('lets one of ten racing writers win', async () => {
    const writes = Array.from({ length: 10 }, (_, i) => bucket.store.put(ref, Buffer.from(`writer ${i}`), plain));
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes no bytes as well as ten million', async () => {
    await bucket.store.put(ref, new Uint8Array(), plain);
    expect(await bucket.store.head(ref)).toMatchObject({ sizeBytes: 0 });
    const large = { ...ref, key: `${ref.key}-large` };
    const body = randomBytes(10_000_000);
    await bucket.store.put(large, body, plain);
    const read = await bucket.store.get(large, { maxBytes: body.length });
    expect(body.equals(read ?? new Uint8Array())).toBe(true);
  });

  it('takes a view of a larger buffer as no more than that view', async () => {
    await bucket.store.put(ref, new Uint8Array(bytes.buffer, bytes.byteOffset + 4, 5), plain);
    expect(Buffer.from((await bucket.store.get(ref, { maxBytes: 100 })) ?? []).toString()).toBe('bytes');
  });
});

describe('what is not there', () => {
  it('is undefined to read, missing to copy and nothing to delete', async () => {
    const { store } = bucket;
    expect(await store.head(ref)).toBeUndefined();
    expect(await store.get(ref, { maxBytes: 10 })).toBeUndefined();
    const copy = store.copy(ref, { ...ref, key: `${ref.key}-copy` }, { ifMatch: etag, headers: plain });
    await expect(copy).rejects.toMatchObject(failed('missing'));
    await store.delete(ref);
  });

  it('is told from a bucket that is not there', async () => {
    const store = createObjectStore({ ...bucket.config, buckets: { default: 'no-such-bucket' } });
    await expect(store.get(ref, { maxBytes: 10 })).rejects.toMatchObject(failed('denied'));
    await expect(store.delete(ref)).rejects.toMatchObject(failed('denied'));
    await expect(store.put(ref, bytes, plain)).rejects.toMatchObject(failed('denied'));
  });
});

describe('get', () => {
  beforeEach(() => bucket.store.put(ref, bytes, plain));

  it('refuses an object larger than the caller wants to hold', async () => {
    await expect(bucket.store.get(ref, { maxBytes: bytes.length - 1 })).rejects.toMatchObject(failed('too_large'));
    expect(await bucket.store.get(ref, { maxBytes: bytes.length })).toHaveLength(bytes.length);
  });

  it('reads the first bytes alone', async () => {
    const read = await bucket.store.get(ref, { maxBytes: 3, range: { first: 0, last: 2 } });
    expect(Buffer.from(read ?? []).toString()).toBe('the');
    const past = await bucket.store.get(ref, { maxBytes: 4100, range: { first: 0, last: 4099 } });
    expect(Buffer.from(past ?? [])).toEqual(bytes);
  });

  it('reads nothing as the first bytes of an empty object', async () => {
    const empty = { ...ref, key: `${ref.key}-empty` };
    await bucket.store.put(empty, new Uint8Array(), plain);
    expect(await bucket.store.get(empty, { maxBytes: 10, range: { first: 0, last: 9 } })).toHaveLength(0);
  });

  it('refuses other bytes than those that were checked', async () => {
    expect(await bucket.store.get(ref, { maxBytes: 100, ifMatch: etag })).toHaveLength(bytes.length);
    await expect(bucket.store.get(ref, { maxBytes: 100, ifMatch: '"other"' })).rejects.toMatchObject(failed('changed'));
  });
});

describe('copy', () => {
  it('carries the checked bytes with headers of their own, across buckets', async () => {
    await bucket.store.put({ ...ref, key: `${ref.key} ü+` }, bytes, plain);
    const to = { bucket: 'public', key: `${ref.key} ünï+#` } as const;
    const headers = { contentType: 'image/png', contentDisposition: 'attachment', cacheControl: 'no-store' };
    const copied = await bucket.store.copy({ ...ref, key: `${ref.key} ü+` }, to, { ifMatch: etag, headers });
    expect(copied).toEqual({ etag });
    expect(await bucket.store.head(to)).toMatchObject({ etag, contentType: 'image/png', sizeBytes: bytes.length });
  });

  it('refuses a source that was replaced since it was checked', async () => {
    await bucket.store.put(ref, bytes, plain);
    const to = { ...ref, key: `${ref.key}-copy` };
    const copy = bucket.store.copy(ref, to, { ifMatch: '"other"', headers: plain });
    await expect(copy).rejects.toMatchObject(failed('changed'));
    expect(await bucket.store.head(to)).toBeUndefined();
  });

  it('never replaces other bytes, and does not mind its own', async () => {
    await bucket.store.put(ref, bytes, plain);
    const to = { ...ref, key: `${ref.key}-copy` };
    const copy = () => bucket.store.copy(ref, to, { ifMatch: etag, headers: plain });
    expect(await copy()).toEqual({ etag });
    expect(await copy()).toEqual({ etag });
    const taken = { ...ref, key: `${ref.key}-taken` };
    const other = await bucket.store.put(taken, Buffer.from('other'), plain);
    const onto = bucket.store.copy(ref, taken, { ifMatch: etag, headers: plain });
    await expect(onto).rejects.toMatchObject(failed('exists'));
    expect(await bucket.store.head(taken)).toMatchObject({ etag: other.etag });
  });
});

describe('delete', () => {
  it('succeeds as often as it is asked to', async () => {
    await bucket.store.put(ref, bytes, plain);
    await bucket.store.delete(ref);
    await bucket.store.delete(ref);
    expect(await bucket.store.head(ref)).toBeUndefined();
  });

  it('tells when a bucket lock holds the object, and does not try again', async () => {
    const locked = { ...ref, bucket: 'compliance' } as const;
    await bucket.store.put(locked, bytes, plain);
    bucket.lines.length = 0;
    await expect(bucket.store.delete(locked)).rejects.toMatchObject(failed('locked'));
    expect(bucket.story()).toEqual(['DeleteObject 429', 'DeleteObject 403']);
  });
});

describe('addresses', () => {
  it.each(['', '.', '..', 'a/../b', 'a/./b', '\ud800', 'x'.repeat(1025)])(
    'refuse a key HTTP would fold: %j',
    async (key) => {
      const bad = { ...ref, key };
      const { store, signer } = bucket;
      await expect(store.delete(bad)).rejects.toMatchObject(failed('denied'));
      await expect(store.put(bad, bytes, plain)).rejects.toMatchObject(failed('denied'));
      await expect(signer.presignGet(bad, { expiresInSeconds: 60, mode: 'fresh' })).rejects.toMatchObject(
        failed('denied'),
      );
      expect(bucket.lines).toEqual([]);
    },
  );

  it('use the default bucket for compliance, and none for public, when these have no name', async () => {
    const store = createObjectStore({ ...bucket.config, buckets: { default: 'files' } });
    await store.put({ ...ref, bucket: 'compliance' }, bytes, plain);
    expect(await store.head(ref)).toMatchObject({ etag });
    await expect(store.head({ ...ref, bucket: 'public' })).rejects.toMatchObject({
      ...failed('denied'),
      message: 'No bucket is configured for the role "public".',
    });
  });
});

describe('list', () => {
  it('walks a bucket in pages, in key order', async () => {
    const keys = Array.from({ length: 7 }, (_, i) => `${ref.key}/${i}`);
    await Promise.all(keys.map((key) => bucket.store.put({ ...ref, key }, bytes, plain)));
    const lister = createObjectLister(bucket.config);
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = await lister.list('default', { prefix: `${ref.key}/`, limit: 3, ...(after && { after }) });
      pages.push(page.objects.map(({ key }) => key));
      expect(page.objects.every(({ sizeBytes }) => sizeBytes === bytes.length)).toBe(true);
      after = page.next;
    } while (after !== undefined && pages.length <= keys.length);
    expect(pages).toEqual([keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)]);
  });

  it('gives an empty page for a prefix nothing has, and an error for a bucket that is not there', async () => {
    expect(await createObjectLister(bucket.config).list('default', { prefix: ref.key })).toEqual({ objects: [] });
    const lister = createObjectLister({ ...bucket.config, buckets: { default: 'no-such-bucket' } });
    await expect(lister.list('default', {})).rejects.toMatchObject(failed('denied'));
    await expect(lister.list('public', {})).rejects.toMatchObject(failed('denied'));
  });
});
