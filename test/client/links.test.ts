import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLinks, createUploader, setupTarget } from '../../client/src/uploader.ts';

/** A server whose clock differs from this machine's by `aheadMs`; that is the same as a machine whose clock is wrong. */
let aheadMs = 0;
let asked = 0;
let baseUrl: string;
const fileOf = (leftMs: number) => ({
  id: 'a',
  signedUrl: `https://bucket.example/${asked}`,
  urlExpiresAt: new Date(Date.now() + aheadMs + leftMs).toISOString(),
});
const server = createServer((request, response) => {
  response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
  if (request.method === 'POST') return response.end(JSON.stringify({ file: fileOf(600_000) }));
  asked += 1;
  return response.end(JSON.stringify({ file: fileOf(600_000) }));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  asked = 0;
});

const open = () => {
  const uploader = createUploader({ baseUrl, target: setupTarget('app'), auth: () => ({}) });
  return { uploader, links: createLinks({ get: uploader.get }) };
};

describe.each([
  ['fast by an hour', -3_600_000],
  ['right', 0],
  ['slow by an hour', 3_600_000],
])('on a machine whose clock is %s', (_, difference) => {
  beforeEach(() => {
    aheadMs = difference;
  });

  test('a link that lives is handed out again, and not asked for anew', async () => {
    const { links } = open();
    const first = await links.url('a');
    expect(await links.url('a')).toBe(first);
    expect(asked).toBe(1);
  });

  test('a link that is over is asked for anew', async () => {
    const { uploader, links } = open();
    await uploader.get('a');
    asked = 0;
    const over = await links.url(fileOf(10_000));
    expect(asked).toBe(1);
    expect(over).toBe('https://bucket.example/1');
  });

  test('an upload by form tells the time, too', async () => {
    const { uploader, links } = open();
    await uploader.upload(new Blob(['x']));
    expect(await links.url(fileOf(120_000))).toBe('https://bucket.example/0');
    await links.url(fileOf(10_000));
    expect(asked).toBe(1);
  });
});
