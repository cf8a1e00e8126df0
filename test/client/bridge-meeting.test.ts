import { describe, expect, test, vi } from 'vitest';
import type { BridgeHostOptions } from '../../client/src/bridge-host.ts';
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

  test('takes progress for a sign of life', async () => {
    const upload: BridgeHostOptions['upload'] = async (_, { onProgress }) => {
      for (let step = 1; step <= 5; step += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        onProgress?.({ sentBytes: step, totalBytes: 5 });
      }
      return { file: { id: 'f' } as never };
    };
    const { bridge } = open('setup', { api, upload });
    await bridge.ready;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const seen: number[] = [];
      const onProgress = ({ sentBytes }: { sentBytes: number }) => seen.push(sentBytes);
      const asked = bridge.request('files.upload', { file: new Blob(['x']) }, 150, { onProgress });
      const outcome = asked.catch((error) => error);
      for (let passed = 0; passed <= 500; passed += 100) {
        // Messages of windows take a turn of the loop each.
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        expect(seen).toHaveLength(passed / 100);
        await vi.advanceTimersByTimeAsync(100);
      }
      expect(await outcome).toEqual({ file: { id: 'f' } });
    } finally {
      vi.useRealTimers();
    }
  });
});
