import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endTestCloud, startTestCloud, type TestCloud } from './app.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => endTestCloud(cloud));

const get = (path: string, init?: RequestInit) => fetch(cloud.baseUrl + path, init);
const json = async (path: string, init?: RequestInit) =>
  (await (await get(path, init)).json()) as { body: string; isBase64Encoded: boolean };
const returned = (value: unknown) => get(`/do/return?value=${encodeURIComponent(JSON.stringify(value))}`);

describe('routes', () => {
  it('prefers a literal segment to a variable and gives decoded variables', async () => {
    expect(await json('/do/literal')).toMatchObject({ routeKey: 'GET /do/literal' });
    expect(await json('/do/a%20b')).toMatchObject({ routeKey: 'GET /do/{what}', pathParameters: { what: 'a b' } });
  });

  it('tells a path with a trailing slash from one without', async () => {
    expect(await json('/list')).toMatchObject({ routeKey: 'GET /list' });
    expect((await get('/list/')).status).toBe(404);
  });

  it('hands the rest of the path to a greedy variable, for any method', async () => {
    const event = await json('/any/a/b/c', { method: 'PATCH' });
    expect(event).toMatchObject({ routeKey: 'ANY /any/{proxy+}', pathParameters: { proxy: 'a/b/c' } });
    expect(await json('/any/a/')).toMatchObject({ rawPath: '/any/a/', pathParameters: { proxy: 'a/' } });
    expect(await json('/any/')).toMatchObject({ rawPath: '/any/', pathParameters: { proxy: '' } });
  });

  it.each(['/', '/nowhere', '/do', '/do/', '/do/a/b', '/any'])('answers %s with its own 404', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'Not Found' });
  });

  it('does not answer another method of a known path', async () => {
    expect((await get('/list', { method: 'POST' })).status).toBe(404);
    expect((await get('/list', { method: 'HEAD' })).status).toBe(404);
  });
});

describe('the event', () => {
  it('joins repeated headers and query values, lower-cases names and takes cookies out', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const headers = { 'X-Twice': ['a', 'b'], Cookie: 'k=1; m=2' };
    const request = rawRequest(`${cloud.baseUrl}/do/x?q=1&q=2&e=%26`, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
    });
    request.end();
    const event = JSON.parse(await promise);
    expect(event.headers['x-twice']).toBe('a,b');
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.cookies).toEqual(['k=1', 'm=2']);
    expect(event.queryStringParameters).toEqual({ q: '1,2', e: '&' });
    expect(event.rawQueryString).toBe('q=1&q=2&e=%26');
    expect(event).toMatchObject({ version: '2.0', requestContext: { stage: '$default', http: { method: 'GET' } } });
  });

  it.each([
    ['application/json', false],
    ['application/json; charset=utf-8', false],
    ['text/csv', false],
    ['application/xml', false],
    ['application/x-www-form-urlencoded', true],
    ['multipart/form-data; boundary=x', true],
    ['image/png', true],
    ['application/octet-stream', true],
  ])('gives a body of type %s in base64: %s', async (type, base64) => {
    const event = await json('/items/1', { method: 'POST', headers: { 'content-type': type }, body: 'héllo' });
    expect(event.isBase64Encoded).toBe(base64);
    expect(Buffer.from(event.body, base64 ? 'base64' : 'utf8').toString()).toBe('héllo');
  });

  it('has no body when the request has none', async () => {
    const event = await json('/items/1', { method: 'POST' });
    expect(event).not.toHaveProperty('body');
    expect(event.isBase64Encoded).toBe(false);
  });
});

describe('the answer', () => {
  it('passes status, headers, cookies and binary bodies on', async () => {
    const body = Buffer.from([0, 255, 1]).toString('base64');
    const headers = { 'Content-Type': 'image/png', 'X-Number': 5 };
    const response = await returned({ statusCode: 201, headers, cookies: ['a=1', 'b=2'], body, isBase64Encoded: true });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-number')).toBe('5');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  it('takes a value without a status for the JSON body of a 200', async () => {
    const response = await returned({ plain: true });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({ plain: true });
    expect((await get('/do/nothing')).status).toBe(200);
  });

  it.each([
    { statusCode: 'ok' },
    { statusCode: 200, body: { no: 1 } },
    { statusCode: 200, headers: { a: [] } },
    { statusCode: 9000 },
  ])('answers 500 of its own for %j', async (value) => {
    const response = await returned(value);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  });
});

describe('limits', () => {
  it('refuses a body over 10 MB before it has read it all, and the client can read the answer', async () => {
    const response = await get('/items/1', { method: 'POST', body: Buffer.alloc(11 * 1024 * 1024) });
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ message: 'Request Entity Too Large' });
  });

  it('refuses a body of unknown length once it is over 10 MB', async () => {
    const chunk = new Uint8Array(1024 * 1024);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 12) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await get('/items/1', init)).status).toBe(413);
  });

  it('refuses what fits the gateway but not the function, where base64 counts', async () => {
    const post = async (bytes: number) =>
      (await get('/items/1', { method: 'POST', headers: { 'content-type': 'image/png' }, body: Buffer.alloc(bytes) }))
        .status;
    expect(await post(4_800_000)).toBe(413);
    // It fits as a request; the echo of it does not fit as a response.
    expect(await post(4_650_000)).toBe(200);
  });

  it('refuses a response over 6 MB with 500', async () => {
    expect((await get('/do/big?bytes=6200000')).status).toBe(200);
    expect((await get('/do/big?bytes=6291456')).status).toBe(500);
  });

  it('refuses headers over 10,240 bytes', async () => {
    expect((await get('/do/x', { headers: { 'x-long': 'a'.repeat(9000) } })).status).toBe(200);
    expect((await get('/do/x', { headers: { 'x-long': 'a'.repeat(10_240) } })).status).toBe(431);
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    get('/items/1', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  it('answers preflights of an allowed origin, without a route for them', async () => {
    const response = await preflight('https://page.example');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://page.example');
    expect(response.headers.get('access-control-allow-methods')).toBe('POST');
    expect(response.headers.get('access-control-allow-headers')).toBe('content-type');
  });

  it('leaves preflights to the function of a route that matches them, and puts its own headers on the answer', async () => {
    const wanted = { origin: 'https://page.example', 'access-control-request-method': 'POST' };
    const response = await get('/any/x', { method: 'OPTIONS', headers: wanted });
    expect(await response.json()).toMatchObject({ routeKey: 'ANY /any/{proxy+}' });
    expect(response.headers.get('access-control-allow-methods')).toBe('POST');
  });

  it('gives another origin nothing', async () => {
    const response = await preflight('https://other.example');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets pages read answers, also its own errors', async () => {
    const headers = { origin: 'https://page.example' };
    for (const path of ['/do/x', '/nowhere']) {
      const response = await get(path, { headers });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://page.example');
      expect(response.headers.get('access-control-expose-headers')).toBe('etag');
    }
  });
});

describe('a client that hangs up', () => {
  it('does not cancel the function', async () => {
    const before = cloud.recorded().length;
    const port = Number(new URL(cloud.baseUrl).port);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /do/record?left=1 HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await sleep(100);
    socket.destroy();
    await expect.poll(() => cloud.recorded().slice(before), { timeout: 10_000 }).toEqual([{ left: '1' }]);
  });

  it('does no harm half-way through its body', async () => {
    const port = Number(new URL(cloud.baseUrl).port);
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /items/1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nabc');
    await sleep(50);
    socket.destroy();
    expect((await get('/do/x')).status).toBe(200);
  });
});
