import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { configOf, startServer } from './servers.ts';

const ref: ObjectRef = { bucket: 'default', key: 'files/0123' };
const plain = { contentType: 'text/plain' };
const unavailable = { name: 'ObjectStoreError', reason: 'unavailable' };
const quick = { baseMs: 200, connectMs: 1_000 };

describe('an R2 that takes requests and says nothing', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeEach(async () => {
    server = await startServer((request, response) => {
      request.resume();
      answer(request, response);
    });
  });
  afterEach(() => server.stop());

  const store = (config = {}) => createObjectStore({ ...configOf(server), timeouts: quick, ...config });
  const head = (response: ServerResponse) => {
    const lastModified = new Date().toUTCString();
    const facts = { etag: '"e"', 'content-type': 'text/plain', 'content-length': '0', 'last-modified': lastModified };
    response.writeHead(200, facts).end();
  };
  const patient = { baseMs: 1_000, connectMs: 1_000, bytesPerSecond: 100_000_000 };
  /** One request of every kind that has an answer with a body, and HEAD, which has none. */
  const everything = (one = store({ timeouts: patient })) => ({
    head: () => one.head(ref),
    get: () => one.get(ref, { maxBytes: 10 }),
    part: () => one.get(ref, { maxBytes: 100_000_000, range: { first: 0, last: 99 } }),
    put: () => one.put(ref, Buffer.alloc(100), plain),
    delete: () => one.delete(ref),
    list: () => createObjectLister({ ...configOf(server), timeouts: patient }).list('default', {}),
  });

  it.each(['head', 'get', 'part', 'put', 'delete', 'list'] as const)(
    'at all is asked again and given up: %s',
    async (name) => {
      answer = () => {};
      await expect(everything()[name]()).rejects.toMatchObject(unavailable);
      expect(server.requests()).toBeGreaterThanOrEqual(2);
    },
  );

  it.each(['get', 'part', 'put', 'delete', 'list'] as const)(
    'after the headers is asked again and given up: %s',
    async (name) => {
      answer = (_, response) => {
        response.writeHead(200, { etag: '"e"', 'content-length': '10' });
        response.write('0');
      };
      await expect(everything()[name]()).rejects.toMatchObject(unavailable);
      expect(server.requests()).toBeGreaterThanOrEqual(2);
    },
  );

  it('but now and then a byte is given up too, by what the bytes may take', async () => {
    answer = (_, response) => {
      response.writeHead(200, { etag: '"e"', 'content-length': '1000' });
      const drip = setInterval(() => response.write('0'), 50);
      response.once('close', () => clearInterval(drip));
    };
    await expect(store().get(ref, { maxBytes: 1_000 })).rejects.toMatchObject(unavailable);
  });

  it('while it copies is waited for longer, and not for ever', async () => {
    answer = (_, response) =>
      void setTimeout(() => response.end('<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>'), 1_000);
    const copy = () => store().copy(ref, { ...ref, key: 'to' }, { ifMatch: '"e"', headers: plain });
    expect(await copy()).toEqual({ etag: '"e"' });
    answer = () => {};
    await expect(copy()).rejects.toMatchObject(unavailable);
  });

  it('once is forgiven', async () => {
    answer = (_, response) => {
      if (server.requests() > 1) head(response);
    };
    expect(await store().head(ref)).toMatchObject({ etag: '"e"' });
    expect(server.requests()).toBe(2);
  });

  it('waits by the bytes of a range, however large the object is', async () => {
    answer = () => {};
    const read = store().get(ref, { maxBytes: 100_000_000, range: { first: 0, last: 4_099 } });
    const whole = sleep(5_000, 'still waiting');
    await expect(Promise.race([read, whole])).rejects.toMatchObject(unavailable);
  });

  it('on connections that died while the instance was frozen is asked again by a new one', async () => {
    const dead = new Set<unknown>();
    let frozen = false;
    answer = ({ socket }, response) => {
      if (frozen && dead.has(socket)) return;
      if (!frozen) dead.add(socket);
      head(response);
    };
    const one = store();
    await Promise.all(Array.from({ length: 10 }, () => one.head(ref)));
    expect(dead.size).toBe(10);
    frozen = true;
    expect(await one.head(ref)).toMatchObject({ etag: '"e"' });
    expect(server.requests(), 'one try on a dead connection, and no second').toBe(12);
  });

  it('has as many connections as are wanted, so that nobody’s wait for one counts as silence', async () => {
    answer = (_, response) => void setTimeout(() => head(response), 500);
    const one = store({ timeouts: { baseMs: 5_000, connectMs: 400 } });
    const all = await Promise.all(Array.from({ length: 120 }, () => one.head(ref)));
    expect(all).toHaveLength(120);
    expect(server.requests()).toBe(120);
  });

  it('costs a request no more than the time it has left, and nothing when none is left', async () => {
    answer = () => {};
    let left = 300;
    const one = store({ timeouts: { baseMs: 60_000 }, remainingMs: () => left });
    await expect(one.head(ref)).rejects.toMatchObject(unavailable);
    left = 0;
    const asked = server.requests();
    await expect(one.put(ref, Buffer.alloc(1), plain)).rejects.toMatchObject(unavailable);
    expect(server.requests()).toBe(asked);
  });
});
