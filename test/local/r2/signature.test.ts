import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, it } from 'vitest';
import { bucket, clientOf, codeOf, credentials, refusal, send, signed, startedR2 } from './support.ts';

const object = { Bucket: bucket, Key: 'a b/ü+&(1)!*.txt' };

describe('a presigned URL', () => {
  it('reads exactly what it was signed for', async () => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ ...object, Body: 'hello', ContentType: 'text/plain' }));
    const got = await send(await getSignedUrl(s3, new GetObjectCommand(object)));
    expect(got).toMatchObject({ status: 200, body: 'hello' });
    expect(got.headers['content-type']).toBe('text/plain');
  });

  it.each([
    [
      'signature',
      (url: string) => url.replace(/(X-Amz-Signature=)(.)/, (_, name, c) => `${name}${c === '0' ? '1' : '0'}`),
    ],
    ['signature cut short', (url: string) => url.replace(/(X-Amz-Signature=.{10})[0-9a-f]+/, '$1')],
    ['path', (url: string) => url.replace('/files/a', '/files/b')],
    ['query', (url: string) => `${url}&response-content-type=text%2Fhtml`],
    ['expiry', (url: string) => url.replace('X-Amz-Expires=900', 'X-Amz-Expires=901')],
    ['date', (url: string) => url.replace(/(X-Amz-Date=\d{8}T\d{5})\d/, (_, head) => `${head}x`)],
  ])('with another %s is refused', async (_what, tamper) => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ ...object, Body: 'hello' }));
    const url = await getSignedUrl(s3, new GetObjectCommand(object));
    const tampered = tamper(url);
    expect(tampered).not.toBe(url);
    const got = await send(tampered);
    expect([got.status, codeOf(got)]).toEqual([403, 'SignatureDoesNotMatch']);
    expect(got.body).not.toContain('hello');
  });

  it('for one method does not work for another', async () => {
    const { s3 } = await startedR2();
    await s3.send(new PutObjectCommand({ ...object, Body: 'hello' }));
    const url = await getSignedUrl(s3, new GetObjectCommand(object));
    for (const method of ['PUT', 'DELETE', 'HEAD']) {
      expect((await send(url, { method, ...(method === 'PUT' && { body: 'x' }) })).status).toBe(403);
    }
    expect((await send(url)).body).toBe('hello');
  });

  it('made with a wrong secret is refused, with an unknown key it is nobody', async () => {
    const server = await startedR2();
    const wrong = clientOf(server, { credentials: { ...credentials, secretAccessKey: 'other' } });
    const unknown = clientOf(server, { credentials: { ...credentials, accessKeyId: 'other' } });
    const byWrong = await send(await getSignedUrl(wrong, new GetObjectCommand(object)));
    const byUnknown = await send(await getSignedUrl(unknown, new GetObjectCommand(object)));
    expect([byWrong.status, codeOf(byWrong)]).toEqual([403, 'SignatureDoesNotMatch']);
    expect([byUnknown.status, codeOf(byUnknown)]).toEqual([401, 'Unauthorized']);
  });

  it('works to its last second and not one longer', async () => {
    let now = new Date('2026-05-01T10:00:00Z');
    const { s3 } = await startedR2({ clock: { now: () => now } });
    const url = await getSignedUrl(s3, new GetObjectCommand(object), { signingDate: now, expiresIn: 600 });
    now = new Date('2026-05-01T10:10:00Z');
    expect(codeOf(await send(url))).toBe('NoSuchKey');
    now = new Date('2026-05-01T10:10:01Z');
    const late = await send(url);
    expect([late.status, codeOf(late)]).toEqual([403, 'ExpiredRequest']);
    now = new Date('2026-05-01T09:44:59Z');
    expect(codeOf(await send(url))).toBe('RequestTimeTooSkewed');
  });

  it('cannot ask for more than seven days', async () => {
    const { s3 } = await startedR2();
    const url = await getSignedUrl(s3, new GetObjectCommand(object), { expiresIn: 604_800 });
    expect(codeOf(await send(url))).toBe('NoSuchKey');
    for (const seconds of ['604801', '0', '-1', 'x']) {
      const got = await send(url.replace('X-Amz-Expires=604800', `X-Amz-Expires=${seconds}`));
      expect([got.status, codeOf(got)]).toEqual([400, 'AuthorizationQueryParametersError']);
    }
  });

  it('for a PUT takes only the type, length and condition that were signed', async () => {
    const { s3 } = await startedR2();
    const put = new PutObjectCommand({ ...object, ContentType: 'image/png', ContentLength: 5, IfNoneMatch: '*' });
    const plain = clientOf({ endpoint: await endpointOf(s3) }, { requestChecksumCalculation: 'WHEN_REQUIRED' });
    const url = await getSignedUrl(plain, put, {
      signableHeaders: new Set(['content-type', 'content-length', 'if-none-match', 'host']),
      unhoistableHeaders: new Set(['if-none-match']),
    });
    expect(new URL(url).searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host;if-none-match');
    const good = { 'content-type': 'image/png', 'if-none-match': '*' };
    const attempt = (headers: Record<string, string>, body: string) => send(url, { method: 'PUT', headers, body });

    for (const [headers, body] of [
      [{ ...good, 'content-type': 'text/html' }, '12345'],
      [good, '123456'],
      [good, '1234'],
      [{ 'content-type': 'image/png' }, '12345'],
      [{ 'if-none-match': '*' }, '12345'],
    ] as const) {
      const got = await attempt(headers, body);
      expect([got.status, codeOf(got)]).toEqual([403, 'SignatureDoesNotMatch']);
    }
    expect((await refusal(s3.send(new HeadObjectCommand(object)))).status).toBe(404);
    expect((await attempt(good, '12345')).status).toBe(200);
    expect((await attempt(good, '54321')).status).toBe(412);
  });

  it('made with the SDK defaults carries the checksum of an empty body, which no other body has', async () => {
    const { s3 } = await startedR2();
    const url = await getSignedUrl(s3, new PutObjectCommand(object));
    expect(url).toContain('x-amz-checksum-crc32=AAAAAA');
    const got = await send(url, { method: 'PUT', body: 'hello' });
    expect([got.status, codeOf(got)]).toEqual([400, 'BadDigest']);
  });
});

describe('a request signed in its headers', () => {
  it('is refused when a signed header or the query changed on the way', async () => {
    const server = await startedR2();
    const headers = await signed(server, '/files/x', {
      headers: { 'x-amz-meta-a': '1' },
      query: { 'x-id': 'GetObject' },
    });
    const url = `${server.endpoint}/files/x`;
    expect(codeOf(await send(`${url}?x-id=GetObject`, { headers }))).toBe('NoSuchKey');
    for (const attempt of [
      send(`${url}?x-id=Other`, { headers }),
      send(url, { headers }),
      send(`${url}?x-id=GetObject`, { headers: { ...headers, 'x-amz-meta-a': '2' } }),
      send(`${url}?x-id=GetObject`, { headers: { ...headers, host: 'elsewhere' } }),
    ]) {
      expect(codeOf(await attempt)).toBe('SignatureDoesNotMatch');
    }
  });

  it('does not take an absent header for the empty one that was signed', async () => {
    const server = await startedR2();
    const headers = await signed(server, '/files/x', { headers: { 'x-amz-meta-a': '' } });
    expect(headers.authorization).toContain('x-amz-meta-a');
    const { 'x-amz-meta-a': _, ...without } = headers;
    expect(codeOf(await send(`${server.endpoint}/files/x`, { headers }))).toBe('NoSuchKey');
    expect(codeOf(await send(`${server.endpoint}/files/x`, { headers: without }))).toBe('SignatureDoesNotMatch');
  });

  it('may not carry an x-amz header nobody signed', async () => {
    const server = await startedR2();
    const headers = await signed(server, '/files/x', { method: 'PUT' });
    const got = await send(`${server.endpoint}/files/x`, {
      method: 'PUT',
      headers: { ...headers, 'x-amz-meta-a': '1' },
      body: 'x',
    });
    expect([got.status, codeOf(got)]).toEqual([403, 'AccessDenied']);
  });

  it('is refused when its clock is a quarter of an hour off, either way', async () => {
    const now = new Date('2026-05-01T10:00:00Z');
    const server = await startedR2({ clock: { now: () => now } });
    const at = async (time: string) => {
      const headers = await signed(server, '/files/x', { at: new Date(time) });
      return codeOf(await send(`${server.endpoint}/files/x`, { headers }));
    };
    expect(await at('2026-05-01T10:14:59Z')).toBe('NoSuchKey');
    expect(await at('2026-05-01T09:45:01Z')).toBe('NoSuchKey');
    expect(await at('2026-05-01T10:15:01Z')).toBe('RequestTimeTooSkewed');
    expect(await at('2026-05-01T09:44:59Z')).toBe('RequestTimeTooSkewed');
  });

  it('names a region R2 has, and must prove itself in one place', async () => {
    const server = await startedR2();
    const url = `${server.endpoint}/files/x`;
    const inRegion = async (region: string) =>
      codeOf(await send(url, { headers: await signed(server, '/files/x', { region }) }));
    expect(await inRegion('us-east-1')).toBe('NoSuchKey');
    expect(await inRegion('eu-west-1')).toBe('InvalidRegionName');
    const headers = await signed(server, '/files/x');
    expect(codeOf(await send(`${url}?X-Amz-Signature=0`, { headers }))).toBe('InvalidArgument');
  });

  it('is nobody without proof, and malformed with half of one', async () => {
    const { endpoint } = await startedR2();
    const bare = await send(`${endpoint}/files/x`);
    expect([bare.status, codeOf(bare)]).toEqual([401, 'Unauthorized']);
    expect(bare.headers['content-type']).toBe('application/xml');
    expect(bare.body).toMatch(/<Resource>\/files\/x<\/Resource><RequestId>[^<]+<\/RequestId>/);
    const half = await send(`${endpoint}/files/x`, { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a' } });
    expect([half.status, codeOf(half)]).toEqual([400, 'AuthorizationHeaderMalformed']);
  });

  it('has exactly the body whose hash was signed', async () => {
    const server = await startedR2();
    const payload = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const headers = await signed(server, '/files/x', { method: 'PUT', payload });
    const url = `${server.endpoint}/files/x`;
    const other = await send(url, { method: 'PUT', headers, body: 'hellO' });
    expect([other.status, codeOf(other)]).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect((await refusal(server.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'x' })))).status).toBe(404);
    expect((await send(url, { method: 'PUT', headers, body: 'hello' })).status).toBe(200);
  });
});

async function endpointOf(s3: ReturnType<typeof clientOf>): Promise<string> {
  const { protocol, hostname, port } = (await s3.config.endpoint?.()) ?? {};
  return `${protocol}//${hostname}:${port}`;
}
