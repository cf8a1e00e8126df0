import http from 'node:http';
import net from 'node:net';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startPublicBucket } from '#local/r2/public.ts';
import { startR2 } from '#local/r2/server.ts';
import type { CorsRule, Fault, RequestLine } from '#local/r2/types.ts';
import { bucket, clientOf, codeOf, credentials, refusal, send, startedR2, temporaryFolder } from './support.ts';

const x = { Bucket: bucket, Key: 'x' };

describe('CORS', () => {
  const rule: CorsRule = {
    allowedOrigins: ['https://app.example'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['Content-Type', 'if-none-match'],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 300,
  };
  const ask = (endpoint: string, origin: string, method: string, headers: string) =>
    send(`${endpoint}/files/x?X-Amz-Signature=irrelevant`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': headers },
    });

  it('lets a page PUT from an origin, with a method and headers of one rule', async () => {
    const { endpoint } = await startedR2({ buckets: [{ name: bucket, cors: [rule] }] });
    const got = await ask(endpoint, 'https://app.example', 'PUT', 'content-type, If-None-Match');
    expect(got.status).toBe(204);
    expect(got.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'content-type, if-none-match',
      'access-control-max-age': '300',
    });
  });

  it.each([
    ['another origin', 'https://evil.example', 'PUT', 'content-type'],
    ['the same host on http', 'http://app.example', 'PUT', 'content-type'],
    ['another method', 'https://app.example', 'DELETE', 'content-type'],
    ['one header too many', 'https://app.example', 'PUT', 'content-type, x-amz-meta-a'],
  ])('refuses %s', async (_what, origin, method, headers) => {
    const { endpoint } = await startedR2({ buckets: [{ name: bucket, cors: [rule] }] });
    const got = await ask(endpoint, origin, method, headers);
    expect([got.status, codeOf(got)]).toEqual([403, 'AccessForbidden']);
    expect(got.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses every preflight of a bucket without rules', async () => {
    const { endpoint } = await startedR2();
    expect((await ask(endpoint, 'https://app.example', 'GET', '')).status).toBe(403);
  });

  it('lets the page read answers, refusals too, and nobody else', async () => {
    const { s3, endpoint } = await startedR2({ buckets: [{ name: bucket, cors: [rule] }] });
    await s3.send(new PutObjectCommand({ ...x, Body: 'hello' }));
    const url = await getSignedUrl(s3, new GetObjectCommand(x));
    const headers = { origin: 'https://app.example' };
    const expected = { 'access-control-allow-origin': 'https://app.example', 'access-control-expose-headers': 'ETag' };
    expect((await send(url, { headers })).headers).toMatchObject(expected);
    const refused = await send(`${endpoint}/files/x`, { headers });
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, 'https://app.example']);
    const other = await send(url, { headers: { origin: 'https://evil.example' } });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a public bucket', () => {
  it('opens objects by their key, as they were stored, without a signature', async () => {
    const { s3, dir } = await startedR2();
    const site = await startPublicBucket({ dir, bucket });
    onTestFinished(() => site.close());
    const Key = 'public/a b/ü.txt';
    const { ETag } = await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key,
        Body: '0123456789',
        ContentType: 'text/plain',
        ContentDisposition: 'attachment',
      }),
    );
    const url = `${site.endpoint}/public/a%20b/%C3%BC.txt`;
    const got = await send(url, { headers: { origin: 'https://any.example' } });
    expect([got.status, got.body]).toEqual([200, '0123456789']);
    expect(got.headers).toMatchObject({
      etag: ETag,
      'content-type': 'text/plain',
      'content-disposition': 'attachment',
      'access-control-allow-origin': '*',
    });
    expect(await send(url, { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '10' },
    });
    expect(await send(url, { headers: { range: 'bytes=-2' } })).toMatchObject({ status: 206, body: '89' });
    expect((await send(url, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    expect((await send(url, { headers: { 'if-none-match': `${ETag}` } })).status).toBe(304);
  });

  it('shows no list, no other bucket, and takes no writes', async () => {
    const { s3, dir } = await startedR2({ buckets: [{ name: bucket }, { name: 'private' }] });
    const site = await startPublicBucket({ dir, bucket });
    onTestFinished(() => site.close());
    await s3.send(new PutObjectCommand({ Bucket: 'private', Key: 'x', Body: 'secret' }));
    for (const path of ['/', '/x', '/private/x', '/../private/x', '/?list-type=2', '/%']) {
      const got = await send(site.endpoint + path);
      expect(got.status).toBe(path === '/%' ? 400 : 404);
      expect(got.body).not.toContain('secret');
    }
    expect((await send(`${site.endpoint}/x`, { method: 'PUT', body: 'x' })).status).toBe(405);
    expect((await send(`${site.endpoint}/x`, { method: 'DELETE' })).status).toBe(405);
  });

  it('forgets an object with its deletion', async () => {
    const { s3, dir } = await startedR2();
    const site = await startPublicBucket({ dir, bucket });
    onTestFinished(() => site.close());
    await s3.send(new PutObjectCommand({ ...x, Body: 'a' }));
    expect((await send(`${site.endpoint}/x`)).body).toBe('a');
    await s3.send(new PutObjectCommand({ ...x, Body: 'b' }));
    expect((await send(`${site.endpoint}/x`)).body).toBe('b');
  });
});

describe('for tests', () => {
  it('every answered request leaves a line without its query', async () => {
    const lines: RequestLine[] = [];
    const { s3, endpoint } = await startedR2({ onRequest: (line) => lines.push(line) });
    await s3.send(new PutObjectCommand({ ...x, Body: 'hello' }));
    await send(await getSignedUrl(s3, new GetObjectCommand(x)));
    await send(`${endpoint}/files/x?secret=1`);
    const common = { path: '/files/x', bucket, key: 'x' };
    expect(lines).toEqual([
      { ...common, method: 'PUT', operation: 'PutObject', status: 200, accessKeyId: credentials.accessKeyId },
      { ...common, method: 'GET', operation: 'GetObject', status: 200, accessKeyId: credentials.accessKeyId },
      { ...common, method: 'GET', operation: 'GetObject', status: 401, accessKeyId: undefined },
    ]);
  });

  it('a fault comes before the effect, or instead of the answer after it', async () => {
    let fault: Fault | undefined;
    const lines: RequestLine[] = [];
    const intercept = ({ operation }: { operation: string }) => (operation === 'PutObject' ? fault : undefined);
    const { s3 } = await startedR2({ intercept, onRequest: (line) => lines.push(line) });
    const put = () => s3.send(new PutObjectCommand({ ...x, Body: 'hello' }));
    const exists = () =>
      s3.send(new HeadObjectCommand(x)).then(
        () => true,
        () => false,
      );

    fault = { status: 503, code: 'ServiceUnavailable' };
    expect(await refusal(put())).toEqual({ name: 'ServiceUnavailable', status: 503 });
    fault = 'reset';
    expect((await refusal(put())).status).toBeUndefined();
    expect(await exists()).toBe(false);
    fault = { afterEffect: 'reset' };
    expect((await refusal(put())).status).toBeUndefined();
    expect(await exists()).toBe(true);
    expect(lines.filter((line) => line.operation === 'PutObject').map((line) => line.status)).toEqual([503, 0, 0]);
  });

  it('closes under idle connections and half-sent bodies, and the port is free again', async () => {
    const dir = await temporaryFolder();
    const options = { dir, credentials, buckets: [{ name: bucket }] };
    const arrived = Promise.withResolvers<void>();
    const intercept = () => {
      arrived.resolve();
      return undefined;
    };
    const server = await startR2({ ...options, intercept });
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    await new Promise((resolve) =>
      http.get(server.endpoint, { agent }, (response) => response.resume().on('end', resolve)),
    );
    const s3 = clientOf(server);
    const url = new URL(
      await getSignedUrl(s3, new PutObjectCommand({ ...x, ContentLength: 1000 }), { unhoistableHeaders: new Set() }),
    );
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: 1000\r\n\r\npart`);
    await arrived.promise;
    await server.close();
    await ended;
    const again = await startR2({ ...options, port: server.port });
    await again.close();
  });

  it('refuses to start on a taken port', async () => {
    const { port } = await startedR2();
    const dir = await temporaryFolder();
    await expect(startR2({ dir, port, credentials, buckets: [] })).rejects.toThrow('EADDRINUSE');
  });
});
