import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blobs, bucket, codeOf, refusal, send, signed, startedR2, textOf } from './support.ts';

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
    expect(await textOf(s3, 'buffer')).toBe('hello');
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
    expect(await textOf(server.s3, 'x')).toBe('hello');
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
