import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exchange } from '../../client/src/transport.ts';

/** A server that reads nothing until it is told to. */
let server: Server;
let url: string;
let arrived: PromiseWithResolvers<IncomingMessage>;
beforeEach(async () => {
  arrived = Promise.withResolvers();
  server = createServer((request, response) => {
    request.on('end', () => response.end('{}'));
    arrived.resolve(request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  server.close();
  server.closeAllConnections();
});

/** More than the buffers of both ends hold. */
const file = new Blob([new Uint8Array(40_000_000)]);
const form = () => {
  const data = new FormData();
  data.set('file', file, 'a.bin');
  return data;
};

describe('in Node', () => {
  test.each([
    ['of a file', () => file],
    ['of a form', form],
  ])('the progress %s is what was taken, not what was offered', async (_, body) => {
    const told: number[] = [];
    const onSent = (bytes: number) => told.push(bytes);
    const sending = exchange({ method: 'PUT', url, headers: {}, body: body(), stallMs: 20_000, onSent });
    const request = await arrived.promise;
    const length = Number(request.headers['content-length']);
    for (let before = -1; before !== told.length; await sleep(300)) before = told.length;
    expect(told.at(-1)).toBeGreaterThan(0);
    expect(told.at(-1)).toBeLessThan(length);
    request.resume();
    expect((await sending).status).toBe(200);
    expect(told.at(-1)).toBe(length);
    expect(told.length).toBeGreaterThan(300);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  test('a slow upload is no stall', async () => {
    const stallMs = 1200;
    // Each piece takes almost as long as may pass, by a clock of the test's own: a real one also counts a busy machine's pauses.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let passed = 0;
    const onSent = () => {
      passed += stallMs - 1;
      vi.advanceTimersByTime(stallMs - 1);
    };
    const sending = exchange({ method: 'PUT', url, headers: {}, body: file, stallMs, onSent });
    (await arrived.promise).resume();
    expect((await sending).status).toBe(200);
    expect(passed, 'it was slow').toBeGreaterThan(stallMs * 100);
  });

  test('an upload that nobody reads is given up', async () => {
    const sending = exchange({ method: 'PUT', url, headers: {}, body: file, stallMs: 400, onSent: () => undefined });
    await expect(sending).rejects.toMatchObject({ code: 'network_error', cause: { name: 'TimeoutError' } });
  });
});

test('a worker of a browser, which has neither XMLHttpRequest nor streams to send, sends the file as it is', async () => {
  vi.stubGlobal('process', undefined);
  const told: number[] = [];
  const onSent = (bytes: number) => told.push(bytes);
  const sending = exchange({ method: 'PUT', url, headers: {}, body: form(), stallMs: 20_000, onSent });
  const request = await arrived.promise;
  expect(request.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  request.resume();
  expect((await sending).status).toBe(200);
  expect(told).toEqual([Number.POSITIVE_INFINITY]);
});
