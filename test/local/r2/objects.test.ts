import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startR2 } from '#local/r2/server.ts';
import { bucket, clientOf, codeOf, credentials, refusal, send, signed, startedR2, temporaryFolder } from './support.ts';

const text = async (s3: ReturnType<typeof clientOf>, Key: string, more = {}) =>
  (await s3.send(new GetObjectCommand({ Bucket: bucket, Key, ...more }))).Body?.transformToString();

async function blobs(dir: string): Promise<string[]> {
  const entries = await readdir(join(dir, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('storing', () => {
  it('keeps the bytes, the headers and the metadata', async () => {
    const { s3 } = await startedR2();
    const input: PutObjectCommandInput = {
      Bucket: bucket,
      Key: 'x',
      Body: 'hello',
      ContentType: 'text/plain',
      ContentDisposition: 'attachment; filename="x.txt"',
      CacheControl: 'private, max-age=60',
      ContentLanguage: 'de',
      Metadata: { owner: 'ann' },
    };
    const etag = `"${createHash('md5').update('hello').digest('hex')}"`;
    expect((await s3.send(new PutObjectCommand(input))).ETag).toBe(etag);
    const { $metadata, LastModified, ...head } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' }));
    expect(head).toEqual({
      AcceptRanges: 'bytes',
      ContentLength: 5,
      ETag: etag,
      ContentType: 'text/plain',
      ContentDisposition: 'attachment; filename="x.txt"',
      CacheControl: 'private, max-age=60',
      ContentLanguage: 'de',
      Metadata: { owner: 'ann' },
    });
  });

  it('takes the checksums the SDK sends by default, for a buffer and for a stream', async () => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'buffer', Body: Buffer.from('hello') }));
    const Body = Readable.from([Buffer.alloc(70_000, 1), Buffer.alloc(3, 2)]);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'stream', Body, ContentLength: 70_003 }));
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
    expect(got.ChecksumCRC32).toBeTruthy();
    expect(got.ContentEncoding).toBeUndefined();
    const bytes = await got.Body?.transformToByteArray();
    expect([bytes?.length, bytes?.at(0), bytes?.at(-1)]).toEqual([70_003, 1, 2]);
    expect(await text(s3, 'buffer')).toBe('hello');
  });

  it.each([
    ['content-md5', 'BadDigest', createHash('md5').update('other').digest('base64')],
    ['content-md5', 'InvalidDigest', 'AAAA'],
    ['x-amz-checksum-crc32', 'BadDigest', 'AAAAAA=='],
    ['x-amz-checksum-sha256', 'BadDigest', createHash('sha256').update('other').digest('base64')],
    ['x-amz-checksum-crc64nvme', 'NotImplemented', 'AAAAAAAAAAA='],
  ])('refuses a body its %s does not fit: %s', async (name, code, value) => {
    const server = await startedR2();
    const headers = await signed(server, '/files/x', { method: 'PUT', headers: { [name]: value } });
    const got = await send(`${server.endpoint}/files/x`, { method: 'PUT', headers, body: 'hello' });
    expect(codeOf(got)).toBe(code);
    expect(await blobs(server.dir)).toEqual([]);
  });

  it('wants to know the length beforehand, and refuses one above 4.995 GiB unread', async () => {
    const server = await startedR2();
    const headers = await signed(server, '/files/x', { method: 'PUT' });
    const unknown = await send(`${server.endpoint}/files/x`, {
      method: 'PUT',
      headers: { ...headers, 'transfer-encoding': 'chunked' },
      body: 'hello',
    });
    expect([unknown.status, codeOf(unknown)]).toEqual([411, 'MissingContentLength']);
    const huge = String(5 * 2 ** 30);
    const reply = await talk(server.port, await putHead(server, { 'content-length': huge }));
    expect(reply).toContain('<Code>EntityTooLarge</Code>');
  });

  it('keeps nothing of a body that stopped half-way', async () => {
    const server = await startedR2();
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(`${await putHead(server, { 'content-length': '100' })}only a part`);
    await until(async () => (await blobs(server.dir)).length === 1);
    socket.destroy();
    await until(async () => (await blobs(server.dir)).length === 0);
    expect((await refusal(server.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' })))).status).toBe(404);
  });

  it('refuses signed streaming and broken aws-chunked bodies', async () => {
    const server = await startedR2();
    const put = async (payload: string, body: string) => {
      const headers = await signed(server, '/files/x', {
        method: 'PUT',
        payload,
        headers: { 'x-amz-decoded-content-length': '5' },
      });
      return send(`${server.endpoint}/files/x`, { method: 'PUT', headers, body });
    };
    expect((await put('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '5\r\nhello\r\n0\r\n\r\n')).status).toBe(501);
    const trailer = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    for (const body of [
      '5\r\nhello\r\n',
      '5\r\nhello!\r\n0\r\n\r\n',
      '4\r\nhell\r\n0\r\n\r\n',
      'hello',
      '6\r\nhello!\r\n0\r\n\r\n',
      '',
    ]) {
      expect(codeOf(await put(trailer, body))).toBe('IncompleteBody');
    }
    expect(await blobs(server.dir)).toEqual([]);
    expect((await put(trailer, '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n')).status).toBe(200);
    expect(await text(server.s3, 'x')).toBe('hello');
  });

  it('refuses a body in its middle and still serves the connection it came on', async () => {
    const server = await startedR2();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const url = `${server.endpoint}/files/x`;
    const payload = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
    const headers = await signed(server, '/files/x', {
      method: 'PUT',
      payload,
      headers: { 'x-amz-decoded-content-length': '5' },
    });
    const body = `no size\r\n${'x'.repeat(8_000_000)}`;
    expect(codeOf(await send(url, { method: 'PUT', headers, body, agent }))).toBe('IncompleteBody');
    const read = await signed(server, '/files/x');
    expect(codeOf(await send(url, { headers: read, agent }))).toBe('NoSuchKey');
  });

  it('lets exactly one of many racing writers create a key', async () => {
    const { s3, dir } = await startedR2();
    const attempts = Array.from({ length: 20 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: `writer ${i}`, IfNoneMatch: '*' })).then(
        () => i,
        (error) => (error as Error).name,
      ),
    );
    const outcomes = await Promise.all(attempts);
    const winners = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'PreconditionFailed')).toHaveLength(19);
    expect(await text(s3, 'x')).toBe(`writer ${winners[0]}`);
    expect(await blobs(dir)).toHaveLength(1);
  });

  it('overwrites only the version that was named', async () => {
    const { s3 } = await startedR2();
    const put = (Body: string, IfMatch?: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body, IfMatch }));
    expect((await refusal(put('a', '"0"'))).status).toBe(412);
    const { ETag } = await put('a');
    await put('b', ETag);
    expect((await refusal(put('c', ETag))).status).toBe(412);
    expect(await text(s3, 'x')).toBe('b');
  });

  it('keeps any key apart from every other, whatever it would mean as a path', async () => {
    const server = await startedR2();
    const keys = [
      '../../etc/passwd',
      'a/../b',
      './a',
      '/a',
      'a//b',
      'a/',
      'A',
      'a',
      'ä',
      'a\u0308',
      '𝒳',
      'n\u0000l',
      '%2e%2e',
      'k'.repeat(1024),
    ];
    for (const key of keys) {
      const path = `/files/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      const headers = await signed(server, path, { method: 'PUT' });
      expect((await send(server.endpoint + path, { method: 'PUT', headers, body: key })).status).toBe(200);
    }
    for (const key of keys) {
      const path = `/files/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      expect((await send(server.endpoint + path, { headers: await signed(server, path) })).body).toBe(key);
    }
    const long = `/files/${'k'.repeat(1025)}`;
    const got = await send(server.endpoint + long, {
      method: 'PUT',
      headers: await signed(server, long, { method: 'PUT' }),
      body: '',
    });
    expect([got.status, codeOf(got)]).toEqual([400, 'KeyTooLongError']);
  });

  it('survives a restart with everything it acknowledged', async () => {
    const dir = await temporaryFolder();
    const options = { dir, credentials, buckets: [{ name: bucket }] };
    const first = await startR2(options);
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'kept', Metadata: { a: '1' } });
    const { ETag } = await clientOf(first).send(put);
    await first.close();
    const { s3 } = await startedR2(options);
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' }));
    expect([await got.Body?.transformToString(), got.ETag, got.Metadata]).toEqual(['kept', ETag, { a: '1' }]);
  });
});

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
    expect(await text(s3, 'empty')).toBe('');
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
    expect(await text(s3, 'to')).toBe('hello');
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
    expect(await text(s3, 'to')).toBe('checked');
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

/** Head of a signed PUT of /files/x, to send byte by byte. */
async function putHead(server: { port: number }, extra: Record<string, string>): Promise<string> {
  const headers = await signed(server, '/files/x', { method: 'PUT', headers: extra });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `PUT /files/x HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Sends bytes and collects what comes until the server ends the connection. */
function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      reply += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(reply));
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
