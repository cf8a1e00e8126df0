import { describe, expect, test, vi } from 'vitest';
import { createLinks } from '../../client/src/links.ts';
import { runtime, settled, useBridge } from './bridge-fixture.ts';
import { createPage, FakeWindow, parentOrigin } from './windows.ts';

/** What each mode allows, and what the iframe's side makes of answers and silence. */
const fixture = useBridge();
const { api, requests, open } = fixture;

describe('at runtime', () => {
  test.each(['files.upload', 'files.delete'] as const)(
    '%s is refused, and the refusal says where to do it',
    async (action) => {
      const { bridge, upload } = open('runtime');
      await expect(bridge.request(action, { fileId: 'a', file: new Blob() })).rejects.toMatchObject({
        code: 'not_available_at_runtime',
        message: expect.stringMatching(/backend.*developer key.*x-chastify-main-token/),
      });
      expect(upload).not.toHaveBeenCalled();
      expect(requests).toEqual([]);
    },
  );

  test('each read is its route', async () => {
    const { bridge } = open('runtime');
    await bridge.request('files.capabilities', {});
    await bridge.request('files.list', { limit: 5, cursor: 'c' });
    await bridge.request('files.get', { fileId: 'id' });
    await bridge.request('state.get', {});
    const session = 'GET /api/extensions/sessions/session';
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `${session}/files/capabilities`,
      `${session}/files?limit=5&cursor=c`,
      `${session}/files/id`,
      `${session}/state`,
    ]);
  });
});

describe('a list', () => {
  /** Answers like an API whose pages hold one item each. */
  const pages = (count: number) => {
    fixture.respond = ({ url = '' }, response) => {
      const index = Number(new URL(url, 'http://api').searchParams.get('cursor') ?? 0);
      const cursor = index + 1 < count ? { cursor: `${index + 1}` } : {};
      response.end(JSON.stringify({ items: [{ id: `${index}` }], ...cursor, stagedQuota: { fileCount: index } }));
    };
  };

  test.each([
    ['runtime', 'files.list', '/api/extensions/sessions/session/files', ''],
    ['setup', 'files.list', '/api/extensions/apps/app/files/staged', '&purpose=p'],
    ['setup', 'files.staged.list', '/api/extensions/apps/app/files/staged', '&purpose=p'],
  ] as const)(
    'at %s, %s, is whole however many pages it has, each in a message of its own',
    async (mode, action, path, query) => {
      pages(3);
      const { page, bridge } = open(mode);
      const list = await bridge.request(action, query === '' ? {} : { purpose: 'p' });
      expect(list).toEqual({ items: [{ id: '0' }, { id: '1' }, { id: '2' }], stagedQuota: { fileCount: 2 } });
      const first = query.replace('&', '?');
      expect(requests.map(({ path }) => path)).toEqual([
        `${path}${first}`,
        `${path}?cursor=1${query}`,
        `${path}?cursor=2${query}`,
      ]);
      const sent = (page.child.received as { type: string; result?: typeof list }[]).filter(
        ({ type }) => type === 'result',
      );
      expect(sent.map(({ result }) => result?.items.length)).toEqual([1, 1, 1]);
    },
  );

  test('is one page, with its cursor, when a limit or a cursor is given', async () => {
    pages(3);
    const { bridge } = open('setup');
    expect(await bridge.request('files.list', { limit: 1 })).toMatchObject({ items: [{ id: '0' }], cursor: '1' });
    expect(await bridge.request('files.list', { cursor: '1' })).toMatchObject({ items: [{ id: '1' }], cursor: '2' });
    expect(requests).toHaveLength(2);
  });

  test('ends, and says that there is more, where whoever answers knows no cursors', async () => {
    fixture.respond = (_, response) => response.end('{"items":[{"id":"0"}],"cursor":"1"}');
    const { bridge } = open('runtime');
    expect(await bridge.request('files.list', {})).toEqual({ items: [{ id: '0' }], cursor: '1' });
    expect(requests).toHaveLength(2);
  });

  test('is not given by halves: a page that is refused refuses it', async () => {
    fixture.respond = ({ url = '' }, response) => {
      if (url.includes('cursor')) response.statusCode = 403;
      response.end(
        url.includes('cursor') ? '{"code":"insufficient_scope","message":"No."}' : '{"items":[],"cursor":"1"}',
      );
    };
    const { bridge } = open('runtime');
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({ code: 'insufficient_scope' });
  });
});

describe('in setup', () => {
  test('an upload carries the draft of the page, whatever the iframe says', async () => {
    const { page, upload } = open('setup');
    const payload = { file: new Blob(['x']), filename: 'a.png', purpose: 'p', draftId: 'another', signal: 'x' };
    page.send({ type: 'request', id: 'a', action: 'files.upload', payload });
    await vi.waitFor(() => expect(page.answers('a')).toHaveLength(1));
    expect(upload).toHaveBeenCalledWith(
      expect.any(Blob),
      expect.objectContaining({ draftId: 'draft', filename: 'a.png', purpose: 'p', signal: expect.any(AbortSignal) }),
    );
  });

  test('a small data URL is a file, and anything else is refused', async () => {
    const { bridge, upload } = open('setup');
    await bridge.request('files.upload', { dataUrl: 'data:image/webp;base64,AAECAw==', filename: 'a.webp' });
    const [blob] = upload.mock.calls[0] as unknown as [Blob];
    expect([blob.type, [...new Uint8Array(await blob.arrayBuffer())]]).toEqual(['image/webp', [0, 1, 2, 3]]);
    for (const dataUrl of [
      'https://a.example/x',
      'data:text/html,<p>',
      'data:image/png;base64,***',
      `data:image/png;base64,${'A'.repeat(3_000_000)}`,
    ]) {
      await expect(bridge.request('files.upload', { dataUrl })).rejects.toMatchObject({ code: 'invalid_payload' });
    }
    expect(upload).toHaveBeenCalledTimes(1);
  });

  test('there is no state yet, and the refusal says so', async () => {
    await expect(open('setup').bridge.request('state.get', {})).rejects.toMatchObject({
      code: 'not_available_in_setup',
    });
  });
});

describe('the iframe', () => {
  test.each([
    [
      'another origin',
      (page: ReturnType<typeof createPage>) => ({ origin: 'https://evil.example', source: page.parent }),
    ],
    ['another window', () => ({ origin: parentOrigin, source: new FakeWindow(parentOrigin) })],
  ])('ignores answers of %s', async (_, from) => {
    const { page, bridge } = open('runtime');
    await bridge.ready;
    fixture.respond = () => undefined;
    const asked = bridge.request('files.list', {}, 200);
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const id = (page.parent.received.at(-1) as { id: string }).id;
    const { origin, source } = from(page);
    page.child.deliver(
      { channel: 'stowage.bridge/1', type: 'result', id, result: { items: ['forged'] } },
      origin,
      source,
    );
    page.child.deliver({ channel: 'stowage.bridge/1', type: 'closed' }, origin, source);
    await expect(asked).rejects.toMatchObject({ code: 'bridge_timeout' });
  });

  test('hears of a page that never answers, in `ready` and in every request', async () => {
    const page = createPage();
    const bridge = page.bridge(50);
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({
      code: 'bridge_timeout',
      details: { timeoutMs: 50 },
    });
    bridge.dispose();
    await expect(bridge.ready).rejects.toMatchObject({ code: 'bridge_closed' });
  });

  test('aborts what the page does for it', async () => {
    const { bridge } = open('runtime');
    await bridge.ready;
    fixture.respond = () => undefined;
    const abort = new AbortController();
    const asked = bridge.request('files.list', {}, 5000, { signal: abort.signal });
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    await requests[0]?.closed;
  });

  test('sends nothing that was aborted before the two sides met', async () => {
    const page = createPage();
    const bridge = page.bridge();
    const asked = bridge.request('files.list', {}, 5000, { signal: AbortSignal.abort() });
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    const host = page.host(runtime, { api });
    fixture.track(host);
    await bridge.ready;
    await settled();
    expect(requests).toEqual([]);
  });

  test('is told when the page closes: what it waits for ends, and what it asks later too', async () => {
    const { host, bridge } = open('runtime');
    await bridge.ready;
    fixture.respond = () => undefined;
    const asked = bridge.request('files.list', {});
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    host.dispose();
    await expect(asked).rejects.toMatchObject({ code: 'bridge_closed' });
    await requests[0]?.closed;
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({ code: 'bridge_closed' });
  });
});

test("links in the iframe end by the server's clock, as the page tells it", async () => {
  const { page, bridge } = open('runtime');
  await bridge.ready;
  const links = createLinks({ get: async () => ({ file: { signedUrl: 'new' } as never }) });
  const file = { id: 'a', signedUrl: 'old', urlExpiresAt: new Date(Date.now() + 600_000).toISOString() };
  for (const [aheadMs, url] of [
    [0, 'old'],
    [3_600_000, 'new'],
    ['no number', 'new'],
    [-3_600_000, 'old'],
    [0, 'old'],
  ] as const) {
    const message = { channel: 'stowage.bridge/1', type: 'result', id: 'x', result: {}, aheadMs };
    page.child.deliver(message, parentOrigin, page.parent);
    expect(await links.url(file)).toBe(url);
  }
});
