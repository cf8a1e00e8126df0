import { describe, expect, test, vi } from 'vitest';
import { runtime, settled, useBridge } from './bridge-fixture.ts';
import { createPage, FakeWindow, frameOrigin } from './windows.ts';

/** The rules of the bridge, with forged messages; what real windows do is in `test/browser`. */
const fixture = useBridge();
const { api, requests, open } = fixture;

describe('both sides', () => {
  test('meet whichever comes first, and the iframe learns its mode and ids', async () => {
    const page = createPage();
    const bridge = page.bridge();
    await settled();
    const host = page.host(runtime, { api });
    fixture.track(host);
    expect(await bridge.ready).toEqual(runtime);
  });

  test.each(['*', 'null', '', 'https://a.example/', 'https://a.example/path', 'a.example', 'javascript:alert(1)'])(
    'refuse to be pinned to "%s"',
    (origin) => {
      const page = createPage();
      expect(() => page.host(runtime, { api, origin })).toThrow(TypeError);
    },
  );

  test('refuse a second host on a frame, until the first is disposed', () => {
    const { page, host } = open('runtime');
    expect(() => page.host(runtime, { api })).toThrow(/has a bridge host already/);
    host.dispose();
    const next = page.host(runtime, { api });
    next.dispose();
  });
});

describe('the page', () => {
  test.each([
    ['another origin in the frame', { origin: 'https://evil.example' }],
    ['another window of the same origin', { source: new FakeWindow(frameOrigin) }],
    ['no window', { source: null }],
  ])('ignores %s', async (_, from) => {
    const { page } = open('runtime');
    page.send({ type: 'hello', client: 'x' }, from);
    page.send({ type: 'request', id: 'forged', action: 'files.list', payload: {} }, from);
    await settled();
    expect(requests).toEqual([]);
    expect(page.answers('forged')).toEqual([]);
  });

  test.each([
    ['an object that is no text', { toString: 1 }],
    ['a number', 7],
    ['nothing', null],
    ['a list in a list', [['files.list']]],
  ])('knows no action that is %s, and no id either', async (_, odd) => {
    const { page } = open('runtime');
    page.send({ type: 'request', id: 'odd', action: odd, payload: {} });
    page.send({ type: 'request', id: odd, action: 'files.list', payload: {} });
    page.send({ type: 'cancel', id: odd });
    await vi.waitFor(() => expect(page.answers('odd')).toMatchObject([{ error: { code: 'unknown_action' } }]));
    await settled();
    expect(requests).toEqual([]);
  });

  test('answers with an error what an own action gives that cannot be copied', async () => {
    const { page } = open('runtime', { api, actions: { fn: () => ({ f() {} }) } });
    page.send({ type: 'request', id: 'fn', action: 'fn', payload: {} });
    await vi.waitFor(() => expect(page.answers('fn')).toMatchObject([{ type: 'error' }]));
  });

  test.each([
    ['a message of another protocol', { channel: 'other', type: 'request', id: 'a', action: 'files.list' }],
    ['a request without an id', { type: 'request', action: 'files.list' }],
    ['an unknown type', { type: 'become-admin', id: 'a' }],
  ])('ignores %s', async (_, message) => {
    const { page } = open('runtime');
    page.send(message);
    await settled();
    expect(requests).toEqual([]);
  });

  test('ignores values that are no messages at all', async () => {
    const { page } = open('runtime');
    for (const value of [null, undefined, 1, 'text', [], { channel: 'stowage.bridge/1' }]) {
      page.parent.deliver(value, frameOrigin, page.child);
    }
    await settled();
    expect(requests).toEqual([]);
  });

  test.each(['constructor', '__proto__', 'toString', 'files.steal', ''])('knows no action "%s"', async (action) => {
    const { page } = open('setup');
    page.send({ type: 'request', id: 'a', action, payload: {} });
    await vi.waitFor(() => expect(page.answers('a')).toMatchObject([{ error: { code: 'unknown_action' } }]));
    expect(requests).toEqual([]);
  });

  test.each(['..', '.', '', 1, null, { toString: () => 'a' }, undefined])(
    'does not let the file id %j name another endpoint',
    async (fileId) => {
      for (const action of ['files.get', 'files.delete']) {
        const { page } = open('setup');
        page.send({ type: 'request', id: 'a', action, payload: { fileId } });
        await vi.waitFor(() => expect(page.answers('a')).toMatchObject([{ error: { code: 'invalid_payload' } }]));
      }
      expect(requests).toEqual([]);
    },
  );

  test('keeps an id with slashes inside its path segment', async () => {
    const { bridge } = open('runtime');
    await bridge.request('files.get', { fileId: '../../state?x=#y' });
    expect(requests[0]?.path).toBe('/api/extensions/sessions/session/files/..%2F..%2Fstate%3Fx%3D%23y');
  });

  test('passes only the fields on that an action has', async () => {
    const { page } = open('setup');
    const payload = { purpose: 'a&b', draftId: 7, limit: 5, token: 'x' };
    page.send({ type: 'request', id: 'a', action: 'files.staged.list', payload });
    await vi.waitFor(() => expect(page.answers('a')).toHaveLength(1));
    expect(requests[0]?.path).toBe('/api/extensions/apps/app/files/staged?limit=5&purpose=a%26b&draftId=7');
  });

  test('calls with its token and tells the iframe none of it, errors included', async () => {
    const { page, bridge } = open('runtime');
    fixture.respond = (_, response) => response.writeHead(403).end('{"code":"insufficient_scope","message":"No."}');
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({ code: 'insufficient_scope', status: 403 });
    expect(requests[0]?.authorization).toBe('Bearer secret-token');
    expect(JSON.stringify(page.child.received)).not.toContain('secret-token');
  });

  test('says nothing of its own failures', async () => {
    const broken = { baseUrl: api.baseUrl, token: () => Promise.reject(new Error('vault at 10.0.0.1 is sealed')) };
    const { page, bridge } = open('runtime', { api: broken });
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({ code: 'internal_error' });
    expect(JSON.stringify(page.child.received)).not.toContain('vault');
  });

  test('does not let one iframe have any number of requests under way', async () => {
    const { page } = open('runtime');
    fixture.respond = () => undefined;
    for (let index = 0; index < 30; index += 1) {
      page.send({ type: 'request', id: `r${index}`, action: 'files.list', payload: {} });
    }
    await vi.waitFor(() => expect(page.answers('r29')).toMatchObject([{ error: { code: 'too_many_requests' } }]));
    await vi.waitFor(() => expect(requests).toHaveLength(24));
    expect(page.answers('r0')).toEqual([]);
  });

  test('answers an id once, however often it is asked with it', async () => {
    const { page } = open('runtime');
    for (let index = 0; index < 3; index += 1)
      page.send({ type: 'request', id: 'a', action: 'files.list', payload: {} });
    await vi.waitFor(() => expect(page.answers('a')).toHaveLength(1));
    expect(requests).toHaveLength(1);
  });

  test('gives up what a document asked for that is there no longer', async () => {
    const { page, bridge } = open('runtime');
    await bridge.ready;
    fixture.respond = () => undefined;
    page.send({ type: 'request', id: 'a', action: 'files.list', payload: {} });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    page.send({ type: 'hello', client: 'another document' });
    await requests[0]?.closed;
    expect(page.answers('a')).toEqual([]);
  });
});

test('an iframe is told how far the server is ahead of this machine, whose clock may be wrong', async () => {
  fixture.respond = (_, response) => {
    response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
    response.end('{"items":[]}');
  };
  const { page } = open('runtime');
  page.send({ type: 'request', id: 'dated', action: 'files.list', payload: {} });
  await vi.waitFor(() => expect(page.answers('dated')).toHaveLength(1));
  const { aheadMs } = page.answers('dated')[0] as { aheadMs: number };
  expect(Math.abs(aheadMs - 3_600_000)).toBeLessThan(5000);
});

test('an upload that waits for a broken line shows signs of life', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  try {
    const upload = () => new Promise<never>((resolve) => setTimeout(() => resolve({ file: {} } as never), 30_000));
    const { page, bridge } = open('setup', { api, upload });
    const outcome = bridge.request('files.upload', { file: new Blob(['abc']) }, 10_000).catch((error) => error);
    for (let passed = 0; passed < 31_000; passed += 500) {
      await vi.advanceTimersByTimeAsync(500);
      await new Promise(setImmediate);
    }
    expect(await outcome).toEqual({ file: {} });
    const beats = (page.child.received as { type?: string }[]).filter(({ type }) => type === 'progress');
    expect(beats.length).toBeGreaterThan(5);
    const told = page.child.received.length;
    await vi.advanceTimersByTimeAsync(10_000);
    await new Promise(setImmediate);
    expect(page.child.received, 'nothing follows the answer').toHaveLength(told);
  } finally {
    vi.useRealTimers();
  }
});
