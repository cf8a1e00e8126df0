import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPlatform, fileReference, isStowageError, type PlatformOptions } from '../../server/src/index.ts';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { type Integration, integrate, sessionOf } from './fixture.ts';

let world: Integration;
let proxy: ApiProxy;
beforeAll(async () => {
  world = await integrate();
  proxy = await startProxy(world.stowage.dev.baseUrl);
});
afterAll(async () => {
  proxy.close();
  await world.close();
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.fault = () => undefined;
});

const platform = (options: Partial<PlatformOptions> = {}) =>
  createPlatform({ baseUrl: `${proxy.baseUrl}/`, token: world.stowage.dev.platformToken, ...options });
const eventOf = (client = platform()) => client.events.lockDeleted('lock-of-nobody');

/** What a call is refused with. */
const refused = async (call: Promise<unknown>) =>
  await call.then(
    () => expect.unreachable('It was not refused'),
    (error: unknown) => error,
  );

describe('a refusal', () => {
  test('has the details of its code, typed', async () => {
    const app = await world.app();
    const missing = '66f2a1b40a1b2c3d4e5f6071';
    const target = { type: 'lock', id: app.lockId } as const;
    const claim = { userId: app.userId, target, config: fileReference(missing) };
    const error = await refused(platform().claims.create(app.appId, claim));
    if (!isStowageError(error)) throw error;
    if (error.code !== 'file_not_found') throw error;
    expect(error.details?.files).toEqual([{ fileId: missing, code: 'file_not_found' }]);
    expect(error).toMatchObject({ status: 404, requestId: expect.stringMatching(/./) });
    expect(isStowageError(error, 'file_too_large', 'file_not_found')).toBe(true);
    expect(isStowageError(error, 'file_too_large')).toBe(false);
    expect(proxy.seen).toHaveLength(1);
  });

  test('of a quota tells what is left', async () => {
    const session = sessionOf(world, await world.app({ maxBytesPerSession: 10 }));
    const error = await refused(session.files.upload({ bytes: world.photo }));
    if (!isStowageError(error, 'extension_session_storage_quota_exceeded')) throw error;
    expect(error.details).toMatchObject({ limitBytes: 10, remainingBytes: 10 });
  });

  test.each([
    ['a page of a proxy', { status: 502, body: '<html>Bad gateway' }, { body: '<html>Bad gateway' }],
    ['a success that is no JSON', { status: 200, body: 'ok' }, { body: 'ok' }],
    ['words of the gateway', { status: 403, body: '{"message":"Forbidden"}' }, { body: '{"message":"Forbidden"}' }],
  ])('that is none of the API is told apart: %s', async (_, fault, details) => {
    proxy.fault = () => fault;
    const error = await refused(eventOf(platform({ retries: 0 })));
    expect(error).toMatchObject({ code: 'unexpected_answer', status: fault.status, details });
  });

  test('is what a redirect is, and the token goes nowhere', async () => {
    const elsewhere = await startProxy(world.stowage.dev.baseUrl);
    proxy.fault = ({ path }) => ({ status: 307, body: '', headers: { location: elsewhere.baseUrl + path } });
    expect(await refused(eventOf())).toMatchObject({ code: 'unexpected_answer', status: 307 });
    expect(elsewhere.seen).toEqual([]);
    elsewhere.close();
  });

  test('that asks to wait for minutes is told at once, with the time', async () => {
    const body = JSON.stringify({
      status: 'error',
      code: 'temporarily_unavailable',
      message: 'Later.',
      requestId: 'r',
    });
    proxy.fault = () => ({ status: 503, body, headers: { 'retry-after': '120' } });
    expect(await refused(eventOf())).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 120 });
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('a call', () => {
  test('ends as soon as its signal says so, and nothing more is sent', async () => {
    proxy.fault = () => 'silent';
    const stop = new AbortController();
    const call = refused(platform().events.lockDeleted('lock-1', { signal: stop.signal }));
    await expect.poll(() => proxy.seen.length).toBe(1);
    stop.abort(new Error('shutdown'));
    expect(await call).toMatchObject({ code: 'aborted', status: 0, cause: { message: 'shutdown' } });
    expect(await refused(platform().events.lockDeleted('lock-1', { signal: stop.signal }))).toMatchObject({
      code: 'aborted',
    });
    expect(proxy.seen).toHaveLength(1);
  });

  test("ends in a pause, too, by its client's signal", async () => {
    proxy.fault = () => ({ status: 503, body: '', headers: { 'retry-after': '29' } });
    const stop = new AbortController();
    const call = refused(eventOf(platform({ signal: stop.signal })));
    await expect.poll(() => proxy.seen.length).toBe(1);
    stop.abort();
    expect(await call).toMatchObject({ code: 'aborted' });
  });

  test('that gets no answer in time is tried again, and then told so', async () => {
    proxy.fault = () => 'silent';
    const error = await refused(eventOf(platform({ timeoutMs: 50, retries: 1 })));
    expect(error).toMatchObject({ code: 'timeout', details: { timeoutMs: 50 } });
    expect(proxy.seen).toHaveLength(2);
  });

  test('without retries is sent once', async () => {
    proxy.fault = () => 'cut';
    expect(await refused(eventOf(platform({ retries: 0 })))).toMatchObject({ code: 'network_error', status: 0 });
    expect(proxy.seen).toHaveLength(1);
  });

  test.each(['', '.', '..'])('with the id %j is not sent, since it would be another call', async (id) => {
    expect(await refused(platform().claims.rollBack(id))).toBeInstanceOf(TypeError);
    expect(proxy.seen).toEqual([]);
  });

  test('asks for a token before every try, also where that fails once', async () => {
    const tokens = [
      () => Promise.reject(new TypeError('fetch failed')),
      () => 'expired',
      () => world.stowage.dev.platformToken,
    ];
    const client = platform({ token: async () => await (tokens.shift() ?? (() => ''))() });
    expect(await refused(eventOf(client))).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(await eventOf(client)).toMatchObject({ status: 'accepted' });
  });
});

describe('a secret', () => {
  test.each(['secret-token\n', 'secret token', 'secret-tokén'])(
    'that no header carries is not shown: %j',
    async (token) => {
      const error = await refused(eventOf(platform({ token })));
      expect(error).toBeInstanceOf(TypeError);
      expect(inspect(error)).not.toContain('secret-tok');
      expect(proxy.seen).toEqual([]);
    },
  );

  test.each([
    ['the bucket refuses', async () => new Response('<Error/>', { status: 403 }), 'upload_refused'],
    [
      'fetch names the address',
      (url: string) => Promise.reject(new Error(`request to ${url} failed`)),
      'network_error',
    ],
  ])('of a signed URL stays out of the error where %s', async (_, put, code) => {
    let signed = '';
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (init?.method !== 'PUT') return await globalThis.fetch(input, init);
      signed = String(input);
      return await put(signed);
    };
    const place = { orgId: `org-${crypto.randomUUID()}`, workoutId: 'workout-1', userId: 'ada' };
    await world.platform.members.set(place.orgId, 'ada', 'active');
    const file = { bytes: world.photo, mimeType: 'image/png' };
    const error = await refused(platform({ fetch, retries: 0 }).workouts.upload(place, file));
    expect(error).toMatchObject({ code });
    expect(signed).toContain('X-Amz-Signature');
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('X-Amz');
  });
});

describe('a file', () => {
  test('without bytes is not sent', async () => {
    expect(await refused(platform().exports.run('org-1', 'job-1', ''))).toBeInstanceOf(TypeError);
    expect(proxy.seen).toEqual([]);
  });

  test.each(['', '66f2', 'https://example.com/a.png'])('is no reference by %j', (id) => {
    expect(() => fileReference(id)).toThrow(TypeError);
  });
});
