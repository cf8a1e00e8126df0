import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { configOf, startServer } from './servers.ts';

const ref: ObjectRef = { bucket: 'default', key: 'files/0123' };
const plain = { contentType: 'text/plain' };
const failed = (reason: string) => ({ name: 'ObjectStoreError', reason });

describe('a server that is not quite R2', () => {
  let answer: RequestListener;
  let server: Awaited<ReturnType<typeof startServer>>;

  beforeEach(async () => {
    server = await startServer((request, response) => answer(request, response));
  });
  afterEach(() => server.stop());
  const store = (timeouts = { baseMs: 5_000 }) => createObjectStore({ ...configOf(server), timeouts });

  it('and stops in the middle of a body is asked again', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '10', etag: '"e"' });
      if (server.requests() === 1) {
        response.write('01234', () => response.destroy());
      } else {
        response.end('0123456789');
      }
    };
    expect(await store().get(ref, { maxBytes: 10 })).toHaveLength(10);
    expect(server.requests()).toBe(2);
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
    expect(server.requests()).toBe(3);
  });

  it('and redirects is not followed with our signature', async () => {
    answer = (_, response) => response.writeHead(307, { location: `${server.endpoint}/elsewhere` }).end();
    await expect(store().get(ref, { maxBytes: 1 })).rejects.toMatchObject(failed('denied'));
    expect(server.requests()).toBe(1);
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
    expect(server.requests()).toBe(20);
    expect(server.connections()).toBe(1);
  });

  it.each([404, 412, 416])(
    'and answers %i without a word of S3’s, as a proxy would, decides nothing',
    async (status) => {
      answer = (_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end('<html>gone</html>');
      const of = [
        store().get(ref, { maxBytes: 10 }),
        store().get(ref, { maxBytes: 10, range: { first: 0, last: 3 } }),
        store().put(ref, Buffer.from('x'), plain),
        store().copy(ref, { ...ref, key: 'to' }, { ifMatch: '"e"', headers: plain }),
        store().delete(ref),
      ];
      for (const each of await Promise.allSettled(of)) expect(each).toMatchObject({ reason: failed('unavailable') });
    },
  );

  it('and has lost the bucket has not lost the object, though HEAD looks the same', async () => {
    answer = (_, response) => response.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>');
    await expect(store().head(ref)).rejects.toMatchObject(failed('denied'));
    answer = (_, response) => response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    expect(await store().head(ref)).toBeUndefined();
  });

  it('and finds by GET what HEAD does not find is not believed', async () => {
    answer = ({ method }, response) => {
      if (method === 'HEAD') response.writeHead(404).end();
      else response.writeHead(206, { 'content-range': 'bytes 0-0/10', etag: '"e"' }).end('x');
    };
    await expect(store().head(ref)).rejects.toMatchObject(failed('unavailable'));
  });

  it('and answers a deletion with a page has deleted nothing', async () => {
    answer = (_, response) => response.end('<html>Welcome to the hotel’s network</html>');
    await expect(store().delete(ref)).rejects.toMatchObject(failed('unavailable'));
  });

  it.each(['content-length', 'content-type', 'last-modified', 'etag'])('and answers HEAD without %s', async (name) => {
    const headers: Record<string, string> = {
      'content-length': '10',
      'content-type': 'text/plain',
      'last-modified': new Date().toUTCString(),
      etag: '"e"',
    };
    delete headers[name];
    answer = (_, response) => response.writeHead(200, headers).end();
    await expect(store().head(ref)).rejects.toMatchObject(failed('unavailable'));
  });

  const whole = { maxBytes: 10, sizeBytes: 10, ifMatch: '"e"' };
  const range = { first: 2, last: 4 };
  it.each<[string, number, Record<string, string>, string, Parameters<ReturnType<typeof store>['get']>[1]]>([
    ['a part where all was asked for', 206, { 'content-range': 'bytes 0-4/10' }, '01234', whole],
    ['fewer bytes than HEAD told', 200, {}, '0123', whole],
    ['no content', 204, {}, '', whole],
    ['nothing in a range of bytes that are there', 416, {}, '', { ...whole, range }],
    ['another part', 206, { 'content-range': 'bytes 0-2/10' }, '012', { ...whole, range }],
    ['a part of another object', 206, { 'content-range': 'bytes 2-4/90' }, '234', { ...whole, range }],
    ['a part without a word which', 206, {}, '234', { ...whole, range }],
    ['a longer part than was asked for', 206, { 'content-range': 'bytes 2-4/10' }, '2345', { ...whole, range }],
    ['a shorter part', 206, { 'content-range': 'bytes 2-4/10' }, '23', { ...whole, range }],
    ['a short whole for a part', 200, {}, '0123', { ...whole, range }],
    ['no ETag', 200, { etag: '' }, '0123456789', whole],
  ])('and answers GET with %s is not taken at its word', async (_, status, headers, body, options) => {
    answer = (__, response) => {
      response.writeHead(status, { etag: '"e"', ...headers });
      response.end(status === 416 ? '<Error><Code>InvalidRange</Code></Error>' : body);
    };
    await expect(store().get(ref, options)).rejects.toMatchObject({
      name: 'ObjectStoreError',
      reason: expect.stringMatching(/unavailable|too_large/),
    });
  });

  it('and ignores If-Match sends another version, which is told', async () => {
    answer = (_, response) => response.writeHead(200, { etag: '"other"' }).end('0123456789');
    await expect(store().get(ref, whole)).rejects.toMatchObject(failed('changed'));
  });

  it('and ignores the range of a large object is not read to its end', async () => {
    let sent = 0;
    answer = (_, response) => {
      response.writeHead(200, { etag: '"e"', 'content-length': String(50_000_000) });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    };
    const options = { maxBytes: 50_000_000, sizeBytes: 50_000_000, range: { first: 0, last: 9 } };
    expect(await store().get(ref, options)).toHaveLength(10);
    expect(sent).toBeLessThan(20_000_000);
  });

  it('and has a clock of its own is followed', async () => {
    const skewMs = 3_600_000;
    const theirs = () => new Date(Date.now() + skewMs);
    answer = (request, response) => {
      const stamp = String(request.headers['x-amz-date']).replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5');
      const right = Math.abs(Date.parse(stamp) - theirs().getTime()) < 60_000;
      response.writeHead(right ? 204 : 403, { date: theirs().toUTCString() });
      response.end(right ? '' : '<Error><Code>RequestTimeTooSkewed</Code></Error>');
    };
    await store().delete(ref);
    expect(server.requests()).toBe(2);
  });

  const page = (inner: string) => `<ListBucketResult><Name>files</Name>${inner}</ListBucketResult>`;
  const object = (key: string) =>
    `<Contents><Key>${key}</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
  const last = '<IsTruncated>false</IsTruncated>';
  it.each([
    ['a page of HTML', '<html><body>Welcome</body></html>'],
    ['nothing', ''],
    ['text', 'Welcome'],
    ['no word whether it goes on', page(object('p/a'))],
    ['an object without a time', page(`${last}<Contents><Key>p/a</Key><Size>1</Size></Contents>`)],
    ['an object without a size', page(`${last}${object('p/a').replace('<Size>1</Size>', '')}`)],
    ['an object of another prefix', page(last + object('q/a'))],
    ['the object it was to begin after', page(last + object('p/0'))],
    ['nothing and more to come', page('<IsTruncated>true</IsTruncated>')],
  ])('and lists %s is no list', async (_, body) => {
    answer = (__, response) => response.end(body);
    const listed = createObjectLister(configOf(server)).list('default', { prefix: 'p/', after: 'p/0' });
    await expect(listed).rejects.toMatchObject(failed('unavailable'));
  });
});
