import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { startR2 } from '#local/r2/server.ts';
import { blobs, bucket, clientOf, credentials, refusal, startedR2, temporaryFolder } from './support.ts';

const partBytes = 5 * 2 ** 20;
const Bucket = bucket;

const begin = async (s3: S3Client, Key = 'x', more = {}) =>
  (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId ?? '';

const put = async (s3: S3Client, UploadId: string, PartNumber: number, Body: Uint8Array, Key = 'x') => {
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
  return { PartNumber, ETag };
};

const complete = (s3: S3Client, UploadId: string, Parts: { PartNumber: number; ETag: string | undefined }[]) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'x', UploadId, MultipartUpload: { Parts } }));

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest();

describe('an upload in parts', () => {
  it('becomes an object of all its bytes with the ETag that S3 forms of parts, and leaves no part behind', async () => {
    const { s3, dir } = await startedR2();
    const id = await begin(s3, 'x', { ContentType: 'video/mp4', CacheControl: 'no-cache' });
    const pieces = [randomBytes(partBytes), randomBytes(partBytes), randomBytes(17)];
    const parts = await Promise.all(pieces.map((piece, index) => put(s3, id, index + 1, piece)));
    expect(parts.map(({ ETag }) => ETag)).toEqual(pieces.map((piece) => `"${md5(piece).toString('hex')}"`));
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'x' })))).status).toBe(404);
    const { ETag } = await complete(s3, id, parts);
    expect(ETag).toBe(`"${md5(Buffer.concat(pieces.map(md5))).toString('hex')}-3"`);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }));
    expect(got).toMatchObject({ ETag, ContentType: 'video/mp4', CacheControl: 'no-cache' });
    expect(md5(await (got.Body?.transformToByteArray() ?? Buffer.of()))).toEqual(md5(Buffer.concat(pieces)));
    await sleep(50);
    expect(await blobs(dir)).toHaveLength(1);
    expect((await refusal(complete(s3, id, parts))).name).toBe('NoSuchUpload');
  });

  it('takes the last of several parts of one number', async () => {
    const { s3, dir } = await startedR2();
    const id = await begin(s3);
    const first = await put(s3, id, 1, Buffer.from('first'));
    const second = await put(s3, id, 1, Buffer.from('second'));
    expect((await refusal(complete(s3, id, [first]))).name).toBe('InvalidPart');
    expect(await blobs(dir)).toHaveLength(1);
    await complete(s3, id, [second]);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }));
    expect(await got.Body?.transformToString()).toBe('second');
  });

  it.each([
    ['a part that is smaller than the others in the middle', [partBytes + 1, partBytes, 1], 'InvalidPart'],
    ['a last part that is larger than the others', [partBytes, partBytes + 1], 'InvalidPart'],
    ['a part below 5 MiB that is not the last', [partBytes - 1, 1], 'EntityTooSmall'],
  ])('is refused with %s', async (_, sizes, code) => {
    const { s3 } = await startedR2();
    const id = await begin(s3);
    const parts = [];
    for (const [index, size] of sizes.entries()) parts.push(await put(s3, id, index + 1, Buffer.alloc(size)));
    expect((await refusal(complete(s3, id, parts))).name).toBe(code);
    // Refused, it goes on: the part can be sent again.
    expect((await s3.send(new ListPartsCommand({ Bucket, Key: 'x', UploadId: id }))).Parts).toHaveLength(sizes.length);
  });

  it('is refused out of order, without parts, with numbers beyond 10,000, and where it is not known', async () => {
    const { s3 } = await startedR2();
    const id = await begin(s3);
    const one = await put(s3, id, 1, Buffer.alloc(partBytes));
    const two = await put(s3, id, 2, Buffer.from('b'));
    expect((await refusal(complete(s3, id, [two, one]))).name).toBe('InvalidPartOrder');
    expect((await refusal(complete(s3, id, []))).name).toBe('MalformedXML');
    for (const number of [0, 10_001])
      expect((await refusal(put(s3, id, number, Buffer.from('c')))).name).toBe('InvalidArgument');
    expect(await refusal(put(s3, 'other', 1, Buffer.from('c')))).toEqual({ name: 'NoSuchUpload', status: 404 });
    expect((await refusal(put(s3, id, 1, Buffer.from('c'), 'y'))).name).toBe('NoSuchUpload');
  });

  it('is gone with its parts once it is aborted, and after seven days', async () => {
    let now = new Date();
    const { s3, dir } = await startedR2({ clock: { now: () => now } });
    const id = await begin(s3);
    await put(s3, id, 1, Buffer.from('a'));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'x', UploadId: id }));
    expect(await blobs(dir)).toEqual([]);
    expect((await refusal(put(s3, id, 1, Buffer.from('a')))).name).toBe('NoSuchUpload');
    const late = await begin(s3);
    await put(s3, late, 1, Buffer.from('a'));
    now = new Date(now.getTime() + 7 * 86_400_000);
    const client = (await startedR2({ dir, clock: { now: () => now } })).s3;
    client.config.systemClockOffset = now.getTime() - Date.now();
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
  });

  it('takes parts out of objects that are there, whole or by a range', async () => {
    const { s3 } = await startedR2();
    const bytes = randomBytes(partBytes + 100);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: bytes }));
    const id = await begin(s3);
    const ranges = [`bytes=0-${partBytes - 1}`, `bytes=${partBytes}-${partBytes + 99}`];
    const parts = [];
    for (const [index, CopySourceRange] of ranges.entries()) {
      const from = { CopySource: `${bucket}/source`, CopySourceRange, UploadId: id, PartNumber: index + 1 };
      const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ Bucket, Key: 'x', ...from }));
      parts.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
    }
    await complete(s3, id, parts);
    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'x' }));
    expect(md5((await got.Body?.transformToByteArray()) ?? Buffer.of())).toEqual(md5(bytes));
  });

  it('is an object with the MD5 of its bytes once it is copied', async () => {
    const { s3 } = await startedR2();
    const id = await begin(s3);
    const { ETag } = await complete(s3, id, [await put(s3, id, 1, Buffer.from('a'))]);
    const copied = await s3.send(
      new CopyObjectCommand({ Bucket, Key: 'y', CopySource: `${bucket}/x`, CopySourceIfMatch: ETag }),
    );
    expect(copied.CopyObjectResult?.ETag).toBe(`"${md5(Buffer.from('a')).toString('hex')}"`);
  });

  it('is there with its parts after a restart', async () => {
    const dir = await temporaryFolder();
    const first = await startR2({ dir, credentials, buckets: [{ name: bucket }] });
    const client = clientOf(first);
    const id = await begin(client);
    const part = await put(client, id, 1, Buffer.from('a'));
    await first.close();
    const { s3 } = await startedR2({ dir });
    await complete(s3, id, [part]);
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'x' }))).ContentLength).toBe(1);
  });
});

describe('lists of uploads in parts', () => {
  it('show parts page by page, in the order of their numbers', async () => {
    const { s3 } = await startedR2();
    const id = await begin(s3);
    for (const number of [3, 10_000, 1]) await put(s3, id, number, Buffer.from(`${number}`));
    const page = (marker?: string) =>
      s3.send(new ListPartsCommand({ Bucket, Key: 'x', UploadId: id, MaxParts: 2, PartNumberMarker: marker }));
    const first = await page();
    expect(first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(first).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '3' });
    const second = await page(first.NextPartNumberMarker);
    expect(second.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([10_000]);
    expect(second.IsTruncated).toBe(false);
  });

  it('show uploads page by page, those of one key too, and by prefix', async () => {
    const { s3 } = await startedR2();
    const begun = new Set<string>();
    for (const key of ['a/1', 'a/1', 'a/1', 'a/2', 'b', 'ä']) begun.add(`${key} ${await begin(s3, key)}`);
    const found: string[] = [];
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (marker) {
      const page: ListMultipartUploadsCommandOutput = await s3.send(
        new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, ...marker }),
      );
      expect(page.Uploads?.length ?? 0).toBeLessThanOrEqual(2);
      found.push(...(page.Uploads ?? []).map(({ Key, UploadId }) => `${Key} ${UploadId}`));
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : undefined;
    }
    expect(new Set(found)).toEqual(begun);
    expect(found).toHaveLength(6);
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/' }));
    expect(Uploads.map(({ Key }) => Key)).toEqual(['a/1', 'a/1', 'a/1', 'a/2']);
  });
});
