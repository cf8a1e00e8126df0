import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { credentials } from './bucket.ts';

const ref: ObjectRef = { bucket: 'default', key: 'files/0123' };
const plain = { contentType: 'text/plain' };
const failed = (reason: string) => ({ name: 'ObjectStoreError', reason });

describe('a server that is not quite R2', () => {
  let server: Server;
  let answer: RequestListener;
  let requests: number;
  let connections: number;
  let endpoint: string;

  beforeEach(async () => {
    requests = 0;
    connections = 0;
    server = createServer((request, response) => {
      requests++;
      answer(request, response);
    }).listen(0, '127.0.0.1');
    server.on('connection', () => connections++);
    await once(server, 'listening');
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const store = (timeouts = { baseMs: 5_000 }) =>
    createObjectStore({ endpoint, buckets: { default: 'files' }, credentials: async () => credentials, timeouts });

  it('and never answers is given up', async () => {
    answer = () => {};
    await expect(store({ baseMs: 100 }).head(ref)).rejects.toMatchObject(failed('unavailable'));
  });

  it('and stops in the middle of a body is asked again', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      if (requests === 1) {
        response.write('01234', () => response.destroy());
      } else {
        response.end('0123456789');
      }
    };
    expect(await store().get(ref, { maxBytes: 10 })).toHaveLength(10);
    expect(requests).toBe(2);
  });

  it('and sends more than maxBytes without a length is cut off', async () => {
    let closed = false;
    answer = (_, response) => {
      response.on('close', () => {
        closed = true;
      });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
      };
      response.on('drain', more);
      more();
    };
    await expect(store().get(ref, { maxBytes: 100_000 })).rejects.toMatchObject(failed('too_large'));
    await expect.poll(() => closed).toBe(true);
  });

  it('and ignores the range sends all, of which the range is kept', async () => {
    answer = (_, response) => response.end('0123456789');
    const read = await store().get(ref, { maxBytes: 10, range: { first: 2, last: 4 } });
    expect(Buffer.from(read ?? []).toString()).toBe('234');
  });

  it('and fails a copy after it sent 200 is not believed', async () => {
    answer = (_, response) => response.end('<?xml version="1.0"?><Error><Code>InternalError</Code></Error>');
    const copy = store().copy(ref, { ...ref, key: 'to' }, { ifMatch: '"e"', headers: plain });
    await expect(copy).rejects.toMatchObject(failed('unavailable'));
    expect(requests).toBe(3);
  });

  it('and redirects is not followed with our signature', async () => {
    answer = (_, response) => response.writeHead(307, { location: `${endpoint}/elsewhere` }).end();
    await expect(store().get(ref, { maxBytes: 1 })).rejects.toMatchObject(failed('denied'));
    expect(requests).toBe(1);
  });

  it('and echoes what was signed is not quoted', async () => {
    answer = (request, response) => {
      const echo = `${request.headers.authorization} ${request.url}`;
      response.writeHead(403);
      response.end(`<Error><Code>SignatureDoesNotMatch</Code><Message>${echo}</Message></Error>`);
    };
    const error = await store()
      .get(ref, { maxBytes: 1 })
      .catch((e: Error) => e);
    expect(error).toMatchObject({ message: 'R2 answered GET with 403 SignatureDoesNotMatch' });
    expect(inspect(error)).not.toContain('Signature=');
  });

  it('and answers with errors does not cost a connection each, since every answer is read', async () => {
    answer = (_, response) => {
      response.writeHead(404, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>NoSuchKey</Code><Message>${'x'.repeat(1000)}</Message></Error>`);
    };
    const one = store();
    for (let i = 0; i < 10; i++) {
      expect(await one.get(ref, { maxBytes: 1 })).toBeUndefined();
      await one.delete(ref);
    }
    expect(requests).toBe(20);
    // Not one: fetch may open a second while the first is on its way back to the pool.
    expect(connections).toBeLessThanOrEqual(3);
  });
});
