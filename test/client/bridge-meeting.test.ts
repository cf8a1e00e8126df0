import { describe, expect, test, vi } from 'vitest';
import { runtime, useBridge } from './bridge-fixture.ts';
import { createPage } from './windows.ts';

const fixture = useBridge();
const { api, open } = fixture;

describe('the iframe', () => {
  test('meets a page that comes after it gave up waiting: `ready` said so, requests are answered', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const page = createPage();
      const bridge = page.bridge(1000);
      const ready = expect(bridge.ready).rejects.toMatchObject({ code: 'bridge_timeout' });
      await vi.advanceTimersByTimeAsync(60_000);
      await ready;
      fixture.track(page.host(runtime, { api, actions: { ping: () => 'pong' } }));
      const asked = bridge.request('ping' as never, {} as never, 8000);
      await vi.advanceTimersByTimeAsync(5000);
      expect(await asked).toBe('pong');
      bridge.dispose();
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['a reactive object', new Proxy({ a: 1 }, {})],
    ['a function', { onDone() {} }],
  ])('refuses %s, which cannot be copied to the page, at once', async (_, payload) => {
    const { bridge } = open('runtime', { api, actions: { echo: (given) => given } });
    const asked = bridge.request('echo' as never, payload as never);
    await expect(asked).rejects.toMatchObject({ code: 'invalid_payload' });
  });

  test('is told when the context of the page cannot be copied', async () => {
    const page = createPage();
    const bridge = page.bridge();
    fixture.track(page.host({ ...runtime, config: new Proxy({ images: [] }, {}) }, { api }));
    await expect(bridge.request('files.list', {})).rejects.toMatchObject({ code: 'invalid_payload' });
    await expect(bridge.ready).rejects.toMatchObject({ code: 'invalid_payload' });
  });
});
