import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postWebhook } from '#adapters/webhooks/deliver.ts';
import { isPublic } from '#adapters/webhooks/public-address.ts';

let server: Server;
let origin: string;
let requests: { headers: IncomingMessage['headers']; body: string; path: string }[] = [];
let answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end();

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString(), path: request.url ?? '' });
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function post(given: Partial<Parameters<typeof postWebhook>[0]> = {}) {
  requests = [];
  return postWebhook({
    url: `${origin}/hook`,
    body: '{"a":"ü"}',
    headers: { 'webhook-id': 'evt_1' },
    timeoutMs: 60_000,
    loopback: true,
    ...given,
  });
}

const answering = async (status: number, headers: Record<string, string> = {}) => {
  answer = (response) => response.writeHead(status, headers).end('body');
  return await post();
};

describe('a webhook', () => {
  test.each([200, 202, 204])('is taken when its receiver answers %i', async (status) => {
    expect(await answering(status)).toEqual({ outcome: 'taken' });
    expect(requests).toMatchObject([
      {
        body: '{"a":"ü"}',
        path: '/hook',
        headers: { 'webhook-id': 'evt_1', 'content-type': expect.stringContaining('json') },
      },
    ]);
  });

  test.each([
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
    ['hangs up without a word', ''],
    ['hangs up after half a status', 'HTTP/1.1 20'],
  ])('is refused by a receiver that %s, and never left without an end', async (_, bytes) => {
    answer = ({ socket }) => socket?.end(bytes);
    expect(await post({ timeoutMs: 5000 })).toMatchObject({ outcome: 'refused' });
  });

  test.each([400, 404, 410, 500])('is refused by %i', async (status) => {
    expect(await answering(status)).toMatchObject({ outcome: 'refused', status });
  });

  test('does not follow a redirect, wherever it leads', async () => {
    expect(await answering(307, { location: `${origin}/elsewhere` })).toMatchObject({
      outcome: 'refused',
      status: 307,
      reason: 'redirects are not followed',
    });
    expect(requests).toHaveLength(1);
  });

  test('comes again no earlier than its receiver asks', async () => {
    expect(await answering(429, { 'retry-after': '120' })).toMatchObject({ retryAfterSeconds: 120 });
    expect(await answering(503, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' })).not.toHaveProperty(
      'retryAfterSeconds',
    );
  });

  test('is not waited for longer than its time', async () => {
    answer = () => undefined;
    const delivery = await post({ timeoutMs: 300 });
    expect(delivery).toMatchObject({ outcome: 'refused', reason: 'Error: no answer within 300 ms' });
  });

  test('is judged by its status alone: an answer without end costs nothing', async () => {
    let written = 0;
    let ended = false;
    answer = (response) => {
      response.writeHead(200);
      const more = () => {
        while (!ended && response.write(Buffer.alloc(65_536)) && written < 2e8) written += 65_536;
      };
      response.on('drain', more).on('close', () => {
        ended = true;
      });
      more();
    };
    expect(await post()).toEqual({ outcome: 'taken' });
    await expect.poll(() => ended).toBe(true);
    expect(written).toBeLessThan(2e8);
  });

  test('whose receiver is not there is refused with the reason, and without the body', async () => {
    const delivery = await post({ url: 'http://127.0.0.1:1/', body: 'what is told' });
    expect(delivery).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('ECONNREFUSED') });
    expect(JSON.stringify(delivery)).not.toContain('what is told');
  });
});

describe('a deployed function', () => {
  test.each([
    ['http://hooks.test/', /https only/],
    ['https://127.0.0.1/', /no public address/],
    ['https://[::1]/', /no public address/],
    ['https://10.1.2.3/', /no public address/],
    ['https://169.254.169.254/latest/meta-data', /no public address/],
    ['https://[::ffff:10.0.0.1]/', /no public address/],
    // Names are looked up by the machine: `localhost` leads to it without a network.
    ['https://localhost/', /no public address/],
  ])('posts nothing to %s', async (url, reason) => {
    expect(await post({ url, loopback: false })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  test('posts nothing to a server of its own machine even where it listens', async () => {
    const https = origin.replace('http:', 'https:');
    expect(await post({ url: https, loopback: false })).toMatchObject({ outcome: 'refused' });
    expect(requests).toEqual([]);
  });
});

test.each([
  ['8.8.8.8', true],
  ['172.15.0.1', true],
  ['172.16.0.1', false],
  ['100.64.0.1', false],
  ['192.168.1.1', false],
  ['0.0.0.0', false],
  ['2606:4700:4700::1111', true],
  ['fd00::1', false],
  ['fe80::1', false],
  ['::', false],
  ['64:ff9b::a00:1', false],
  ['::ffff:0:127.0.0.1', false],
  ['4000::1', false],
  ['2606:4700::1', true],
  ['::ffff:8.8.8.8', true],
  ['::ffff:127.0.0.1', false],
  ['2002:7f00:1::', false],
  ['no address', false],
])('%s may be connected to: %s', (address, expected) => {
  expect(isPublic(address)).toBe(expected);
});
