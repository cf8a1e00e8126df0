import { createHash } from 'node:crypto';
import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { bucket, codeOf, refusal, send, signed, startedR2, textOf } from './support.ts';

describe('reading', () => {
  it.each([
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-100', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-4', 200, '0123456789', undefined],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
  ])('answers %s with %i', async (range, status, body, contentRange) => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: '0123456789' }));
    const got = await send(await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'x' })), {
      headers: { range },
    });
    expect([got.status, got.body, got.headers['content-range']]).toEqual([status, body, contentRange]);
  });

  it('cannot satisfy a range beyond the end, and says where the end is', async () => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: '0123456789' }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'empty', Body: '' }));
    for (const [key, range, size] of [
      ['x', 'bytes=10-', 10],
      ['x', 'bytes=-0', 10],
      ['empty', 'bytes=0-0', 0],
    ] as const) {
      const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key }));
      const got = await send(url, { headers: { range } });
      expect([got.status, codeOf(got), got.headers['content-range']]).toEqual([416, 'InvalidRange', `bytes */${size}`]);
    }
    expect(await textOf(s3, 'empty')).toBe('');
  });

  it('checks If-Match, If-None-Match and dates', async () => {
    const { s3 } = await startedR2({ clock: { now: () => new Date() } });
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'hello' }));
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: 'x' }));
    const status = async (headers: Record<string, string>) => (await send(url, { headers })).status;
    const [past, future] = ['Thu, 01 Jan 2015 00:00:00 GMT', 'Tue, 01 Jan 2080 00:00:00 GMT'];
    expect(await status({ 'if-match': `${ETag}` })).toBe(200);
    expect(await status({ 'if-match': '"other"' })).toBe(412);
    expect(await status({ 'if-none-match': `"other", ${ETag}` })).toBe(304);
    expect(await status({ 'if-none-match': '"other"' })).toBe(200);
    expect(await status({ 'if-modified-since': future })).toBe(304);
    expect(await status({ 'if-modified-since': past })).toBe(200);
    expect(await status({ 'if-unmodified-since': past })).toBe(412);
    expect(await status({ 'if-unmodified-since': past, 'if-match': `${ETag}` })).toBe(200);
  });

  it('serves signed response headers in place of the stored ones', async () => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'hello', ContentType: 'text/plain' }));
    const command = {
      Bucket: bucket,
      Key: 'x',
      ResponseContentDisposition: 'attachment; filename="y"',
      ResponseContentType: 'image/png',
    };
    const got = await send(await getSignedUrl(s3, new GetObjectCommand(command)));
    expect(got.headers).toMatchObject({
      'content-disposition': 'attachment; filename="y"',
      'content-type': 'image/png',
    });
    const split = await send(
      await getSignedUrl(s3, new GetObjectCommand({ ...command, ResponseContentType: 'a\r\nb: c' })),
    );
    expect([split.status, codeOf(split)]).toEqual([400, 'InvalidArgument']);
  });

  it('gives one version whole while it is being overwritten', async () => {
    const { s3 } = await startedR2();
    const put = (letter: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: letter.repeat(200_000) }));
    await put('a');
    const writes = (async () => {
      for (let i = 0; i < 30; i++) await put(i % 2 ? 'a' : 'b');
    })();
    const reads = Array.from({ length: 30 }, async () => {
      const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' }));
      const body = await got.Body?.transformToByteArray();
      return (
        `"${createHash('md5')
          .update(body ?? '')
          .digest('hex')}"` === got.ETag
      );
    });
    expect(await Promise.all(reads)).toEqual(Array(30).fill(true));
    await writes;
  });
});

describe('copying', () => {
  const copy = (more = {}) =>
    new CopyObjectCommand({ Bucket: bucket, Key: 'to', CopySource: `${bucket}/fr%C3%B6m`, ...more });

  it('takes bytes and headers along, or replaces the headers', async () => {
    const { s3 } = await startedR2();
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: 'fröm',
        Body: 'hello',
        ContentType: 'text/plain',
        Metadata: { a: '1' },
      }),
    );
    await s3.send(copy());
    const kept = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'to' }));
    expect([kept.ContentType, kept.Metadata]).toEqual(['text/plain', { a: '1' }]);
    await s3.send(copy({ MetadataDirective: 'REPLACE', ContentType: 'image/png' }));
    const replaced = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'to' }));
    expect([replaced.ContentType, replaced.Metadata]).toEqual(['image/png', {}]);
    expect(await textOf(s3, 'to')).toBe('hello');
  });

  it('copies only the version that was checked, and outlives its source', async () => {
    const { s3 } = await startedR2();
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'fröm', Body }));
    const { ETag } = await put('checked');
    const copied = await s3.send(copy({ CopySourceIfMatch: ETag }));
    expect(copied.CopyObjectResult?.ETag).toBe(ETag);
    await put('swapped');
    expect(await refusal(s3.send(copy({ CopySourceIfMatch: ETag })))).toEqual({
      name: 'PreconditionFailed',
      status: 412,
    });
    expect(await textOf(s3, 'to')).toBe('checked');
  });

  it('refuses a taken destination when asked, in the one header R2 has for it', async () => {
    const server = await startedR2();
    await server.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'a' }));
    const attempt = async (header: string) => {
      const extra = { 'x-amz-copy-source': '/files/a', [header]: '*' };
      const headers = await signed(server, '/files/b', { method: 'PUT', headers: extra });
      return (await send(`${server.endpoint}/files/b`, { method: 'PUT', headers })).status;
    };
    expect(await attempt('if-none-match')).toBe(501);
    expect(await attempt('cf-copy-destination-if-none-match')).toBe(200);
    expect(await attempt('cf-copy-destination-if-none-match')).toBe(412);
  });

  it('misses what is not there', async () => {
    const { s3 } = await startedR2();
    expect((await refusal(s3.send(copy()))).name).toBe('NoSuchKey');
    expect((await refusal(s3.send(copy({ CopySource: 'elsewhere/x' })))).name).toBe('NoSuchBucket');
  });
});
