import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucket, codeOf, refusal, send, signed, startedR2 } from './support.ts';

const put = (s3: S3Client, Key: string, Bucket = bucket) => s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
const putAll = async (s3: S3Client, keys: string[]) => {
  for (let i = 0; i < keys.length; i += 25) await Promise.all(keys.slice(i, i + 25).map((key) => put(s3, key)));
};

async function listAll(s3: S3Client, input: Partial<ListObjectsV2CommandInput> = {}) {
  const pages: { keys: (string | undefined)[]; groups: (string | undefined)[] }[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, ...input })) {
    pages.push({
      keys: page.Contents?.map(({ Key }) => Key) ?? [],
      groups: page.CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [],
    });
  }
  return pages;
}

describe('listing', () => {
  it('pages through more than a thousand keys, none twice and none lost', async () => {
    const { s3 } = await startedR2();
    const keys = Array.from({ length: 1203 }, (_, i) => `k${String(i).padStart(5, '0')}`);
    await putAll(s3, keys.toReversed());
    const pages = await listAll(s3);
    expect(pages.map((page) => page.keys.length)).toEqual([1000, 203]);
    expect(pages.flatMap((page) => page.keys)).toEqual(keys);
    const { MaxKeys, KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 5000 }));
    expect([MaxKeys, KeyCount]).toEqual([1000, 1000]);

    const Delete = { Objects: keys.slice(0, 1000).map((Key) => ({ Key })) };
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
    expect([Deleted?.length, Errors]).toEqual([1000, undefined]);
    expect((await listAll(s3)).flatMap((page) => page.keys)).toEqual(keys.slice(1000));
  });

  it('orders keys by the bytes of their UTF-8, not by UTF-16', async () => {
    const { s3 } = await startedR2();
    const keys = ['B', 'a', 'a\u0001', 'a/', 'aa', 'z', 'é', '\uffee', '😀'];
    await putAll(s3, keys.toReversed());
    expect((await listAll(s3, { MaxKeys: 2 })).flatMap((page) => page.keys)).toEqual(keys);
  });

  it('folds keys under a delimiter, over pages of any size', async () => {
    const { s3 } = await startedR2();
    await putAll(s3, ['p/', 'p/a/1', 'p/a/2', 'p/a/3', 'p/a0', 'p/b', 'p/c/1', 'p/c/2', 'p/d', 'p0', 'q/x']);
    for (const MaxKeys of [1, 2, 3, 1000]) {
      const pages = await listAll(s3, { Prefix: 'p/', Delimiter: '/', MaxKeys });
      expect(pages.flatMap((page) => page.keys)).toEqual(['p/', 'p/a0', 'p/b', 'p/d']);
      expect(pages.flatMap((page) => page.groups)).toEqual(['p/a/', 'p/c/']);
      expect(pages).toHaveLength(Math.ceil(6 / MaxKeys));
    }
  });

  it('starts after a key, and tells an empty page', async () => {
    const { s3 } = await startedR2();
    await putAll(s3, ['a', 'b', 'c']);
    expect((await listAll(s3, { StartAfter: 'a' }))[0]?.keys).toEqual(['b', 'c']);
    expect((await listAll(s3, { StartAfter: 'aa' }))[0]?.keys).toEqual(['b', 'c']);
    expect((await listAll(s3, { Prefix: 'x' }))[0]).toEqual({ keys: [], groups: [] });
    expect(await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 0 }))).toMatchObject({
      KeyCount: 0,
      IsTruncated: false,
    });
    expect((await refusal(s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: '!' })))).status).toBe(
      400,
    );
  });

  it('encodes keys for XML when asked', async () => {
    const { s3 } = await startedR2();
    await putAll(s3, ['a b/ü&<.txt']);
    expect((await listAll(s3, { EncodingType: 'url' }))[0]?.keys).toEqual(['a%20b/%C3%BC%26%3C.txt']);
    expect((await listAll(s3))[0]?.keys).toEqual(['a b/ü&<.txt']);
  });
});

describe('deleting', () => {
  it('is 204 with and without an object', async () => {
    const { s3 } = await startedR2();
    await put(s3, 'x');
    for (let i = 0; i < 2; i++) {
      const { $metadata } = await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' })))).status).toBe(404);
  });

  it('of many takes odd keys, keeps quiet when asked, and refuses 1001', async () => {
    const { s3 } = await startedR2();
    const keys = ['a&b<c>"d\'', ' lead and trail ', '007', 'cr\r\nlf', 'ü/😀'];
    await putAll(s3, keys);
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
    expect((await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }))).Deleted).toBeUndefined();
    expect((await listAll(s3))[0]?.keys).toEqual([]);
    const tooMany = { Objects: Array.from({ length: 1001 }, (_, i) => ({ Key: `k${i}` })) };
    expect((await refusal(s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: tooMany })))).name).toBe(
      'MalformedXML',
    );
  });

  it('and overwriting wait for a bucket lock, whose end frees them', async () => {
    let now = new Date();
    const server = await startedR2({ buckets: [{ name: bucket, lockedSeconds: 60 }], clock: { now: () => now } });
    const { s3 } = server;
    await put(s3, 'x');
    const remove = () => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' }));
    now = new Date(now.getTime() + 59_000);
    const locked = { name: 'ObjectLockedByBucketPolicy', status: 403 };
    expect(await refusal(remove())).toEqual(locked);
    expect(await refusal(put(s3, 'x'))).toEqual(locked);
    const many = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: 'x' }, { Key: 'y' }] } }),
    );
    expect([many.Deleted?.map(({ Key }) => Key), many.Errors?.map(({ Code }) => Code)]).toEqual([['y'], [locked.name]]);
    now = new Date(now.getTime() + 1_001);
    expect((await remove()).$metadata.httpStatusCode).toBe(204);
  });
});

describe('a bucket', () => {
  it('exists or does not', async () => {
    const { s3 } = await startedR2({ buckets: [{ name: bucket }, { name: 'second' }] });
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([bucket, 'second']);
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: bucket }))).LocationConstraint).toBe('auto');
    expect((await refusal(s3.send(new HeadBucketCommand({ Bucket: 'nope' })))).status).toBe(404);
    expect((await refusal(put(s3, 'x', 'nope'))).name).toBe('NoSuchBucket');
    await put(s3, 'x', 'second');
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' })))).status).toBe(404);
  });

  it.each([
    ['PUT', '/files/x', {}, { 'x-amz-acl': 'public-read' }],
    ['PUT', '/files/x', {}, { 'x-amz-grant-read': 'id=1' }],
    ['PUT', '/files/x', {}, { 'x-amz-tagging': 'a=1' }],
    ['PUT', '/files/x', {}, { 'x-amz-server-side-encryption': 'AES256' }],
    ['PUT', '/files/x', {}, { 'x-amz-object-lock-mode': 'COMPLIANCE' }],
    ['PUT', '/files/x', {}, { 'x-amz-website-redirect-location': '/y' }],
    ['GET', '/files/x', {}, { 'x-amz-request-payer': 'requester' }],
    ['GET', '/files/x', { acl: '' }, {}],
    ['GET', '/files/x', { tagging: '' }, {}],
    ['GET', '/files/x', { versionId: '1' }, {}],
    ['GET', '/files/x', { partNumber: '1' }, {}],
    ['PUT', '/files/x', {}, { 'x-amz-acl': 'authenticated-read' }],
    ['GET', '/files', { policy: '' }, {}],
    ['GET', '/files', { versioning: '' }, {}],
    ['GET', '/files', { website: '' }, {}],
    ['PUT', '/new', {}, {}],
  ])('has no %s %s %o %o', async (method, path, query: Record<string, string>, extra: Record<string, string>) => {
    const server = await startedR2();
    const headers = await signed(server, path, { method, query, headers: extra });
    const search = new URLSearchParams(query).toString();
    const got = await send(`${server.endpoint}${path}?${search}`, {
      method,
      headers,
      ...(method !== 'GET' && { body: '' }),
    });
    expect([got.status, codeOf(got)]).toEqual([501, 'NotImplemented']);
  });

  it('takes no form uploads, whose proof is in the form', async () => {
    const { endpoint } = await startedR2();
    const got = await send(`${endpoint}/files`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x--',
    });
    expect([got.status, codeOf(got)]).toEqual([501, 'NotImplemented']);
  });

  it('takes one write a second of one key, when that limit is on', async () => {
    let now = new Date();
    const { s3 } = await startedR2({ writesPerKeyPerSecond: 1, clock: { now: () => now } });
    await put(s3, 'x');
    await put(s3, 'y');
    expect(await refusal(put(s3, 'x'))).toEqual({ name: 'TooManyRequests', status: 429 });
    now = new Date(now.getTime() + 1000);
    await put(s3, 'x');
  });
});
