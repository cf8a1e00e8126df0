import type { Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type * as bridgeModule from '../../client/src/bridge.ts';
import type * as hostModule from '../../client/src/bridge-host.ts';
import { type Origins, startOrigins } from './origins.ts';
import { useBrowser } from './support.ts';

/** The built bridge between real windows of real origins. */
const { newPage } = useBrowser();
const token = 'secret-session-token';
let origins: Origins;

beforeAll(async () => {
  origins = await startOrigins();
});
afterAll(() => origins.close());
beforeEach(() => {
  origins.calls = [];
  origins.respond = (_, response) => response.end('{"items":[]}');
});

type Tools = {
  bridge: bridgeModule.Bridge<bridgeModule.BridgeActions>;
  host: hostModule.BridgeHost;
  createBridge: typeof bridgeModule.createBridge;
  createBridgeHost: typeof hostModule.createBridgeHost;
  received: unknown[];
};

/** A page of `embedder` with one frame of `embedded` in it. */
async function openFrame(embedder: string, embedded: string): Promise<{ page: Page; frame: Frame }> {
  const page = await newPage();
  await page.goto(`${embedder}/`);
  await page.evaluate((src) => {
    const frame = document.createElement('iframe');
    frame.src = src;
    document.body.append(frame);
    return new Promise((resolve) => {
      frame.onload = resolve;
    });
  }, `${embedded}/frame`);
  const frame = page.frames().find((candidate) => candidate.url() === `${embedded}/frame`);
  if (!frame) throw new Error('The frame did not open');
  return { page, frame };
}

/** Adds a frame of the stranger to the page. */
async function openBeside(page: Page): Promise<Frame> {
  await page.evaluate((src) => {
    const other = document.createElement('iframe');
    other.src = src;
    document.body.append(other);
    return new Promise((resolve) => {
      other.onload = resolve;
    });
  }, `${origins.stranger}/beside`);
  const beside = page.frames().find((candidate) => candidate.url().endsWith('/beside'));
  if (!beside) throw new Error('The frame did not open');
  return beside;
}

/** Runs the host in the page, pinned to the extension's origin. */
async function startHost(page: Page): Promise<void> {
  await page.evaluate(
    ({ origin, token }) => {
      const { createBridgeHost } = globalThis as unknown as Tools;
      const frame = document.querySelector('iframe') as HTMLIFrameElement;
      const context = { mode: 'runtime', appId: 'app', sessionId: 'session' } as const;
      const options = { frame, origin, context, api: { baseUrl: location.origin, token: () => token } };
      Object.assign(globalThis, { host: createBridgeHost(options) });
    },
    { origin: origins.extension, token },
  );
}

/** Runs the client in the frame, pinned to the platform, and keeps whatever arrives there. */
async function startBridge(frame: Frame): Promise<void> {
  await frame.evaluate((parentOrigin) => {
    const received: unknown[] = [];
    window.addEventListener('message', ({ data, origin }) => received.push({ data, origin }));
    const { createBridge } = globalThis as unknown as Tools;
    Object.assign(globalThis, { received, bridge: createBridge({ parentOrigin, timeoutMs: 1500 }) });
  }, origins.platform);
}

/** Asks over the bridge; a refusal comes back as its code. */
const ask = (frame: Frame, action: 'files.list' | 'files.upload' = 'files.list') =>
  frame.evaluate(
    (name) =>
      (globalThis as unknown as Tools).bridge
        .request(name, { file: new Blob(['x']) })
        .catch((error: { code: string }) => error.code),
    action,
  );
const received = (frame: Frame | Page) => frame.evaluate(() => (globalThis as unknown as Tools).received);

describe('the bridge between two origins', () => {
  test('carries requests and answers, and nothing that arrives holds the token', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.extension);
    await startBridge(frame);
    await startHost(page);
    expect(await ask(frame)).toEqual({ items: [] });
    expect(await ask(frame, 'files.upload')).toBe('not_available_at_runtime');
    expect(origins.calls).toMatchObject([
      { method: 'GET', path: '/api/extensions/sessions/session/files', authorization: `Bearer ${token}` },
    ]);
    const messages = await received(frame);
    expect(messages.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(messages)).not.toContain(token);
  });

  test('tells the iframe when the page closes it, and makes room for another host', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.extension);
    await startBridge(frame);
    await startHost(page);
    await expect(startHost(page)).rejects.toThrow(/has a bridge host already/);
    origins.respond = () => undefined;
    const asked = ask(frame);
    await expect.poll(() => origins.calls.length).toBe(1);
    await page.evaluate(() => (globalThis as unknown as Tools).host.dispose());
    expect(await asked).toBe('bridge_closed');
    await origins.calls[0]?.closed;
    await startHost(page);
  });
});

describe('whoever is not the extension', () => {
  test('gets nothing when its page is in the frame', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.stranger);
    await startBridge(frame);
    await startHost(page);
    expect(await ask(frame)).toBe('bridge_timeout');
    expect(await received(frame)).toEqual([]);
    expect(origins.calls).toEqual([]);
  });

  test('gets no answer to what the extension asked before its page took the frame', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.extension);
    await startBridge(frame);
    await startHost(page);
    const released = Promise.withResolvers<void>();
    origins.respond = (_, response) => void released.promise.then(() => response.end('{"items":["private"]}'));
    const asked = ask(frame).catch(() => 'gone');
    await expect.poll(() => origins.calls.length).toBe(1);
    await frame.goto(`${origins.stranger}/frame`);
    await frame.evaluate(() => {
      const messages: unknown[] = [];
      window.addEventListener('message', ({ data }) => messages.push(data));
      Object.assign(globalThis, { received: messages });
    });
    released.resolve();
    expect(await asked).toBe('gone');
    await origins.calls[0]?.closed;
    // A message of the page itself comes after whatever the host sent.
    await page.evaluate(() => document.querySelector('iframe')?.contentWindow?.postMessage('last', '*'));
    await expect.poll(() => received(frame)).toEqual(['last']);
  });

  test('is ignored by the page when it forges requests from a frame beside', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.extension);
    await startBridge(frame);
    await startHost(page);
    await ask(frame);
    const beside = await openBeside(page);
    await beside.evaluate(() => {
      const forged = { channel: 'stowage.bridge/1', type: 'request', id: 'forged', action: 'files.list', payload: {} };
      window.parent.postMessage(forged, '*');
      window.parent.postMessage({ ...forged, type: 'hello', client: 'forged' }, '*');
    });
    expect(await ask(frame)).toEqual({ items: [] });
    expect(origins.calls).toHaveLength(2);
  });

  test('is ignored by the extension when it forges answers from a frame beside', async () => {
    const { page, frame } = await openFrame(origins.platform, origins.extension);
    await startBridge(frame);
    await startHost(page);
    const released = Promise.withResolvers<void>();
    origins.respond = (_, response) => void released.promise.then(() => response.end('{"items":["true"]}'));
    const asked = ask(frame);
    await expect.poll(() => origins.calls.length).toBe(1);
    const id = await frame.evaluate(() => {
      // What a forger would have to guess.
      const { data } = ((globalThis as unknown as Tools).received.at(-1) ?? {}) as { data?: { id?: string } };
      return data?.id ?? 'unknown';
    });
    const beside = await openBeside(page);
    await beside.evaluate((guessed) => {
      const channel = 'stowage.bridge/1';
      const extension = window.parent.frames[0];
      extension?.postMessage({ channel, type: 'result', id: guessed, result: { items: ['forged'] } }, '*');
      extension?.postMessage({ channel, type: 'closed' }, '*');
    }, id);
    await expect.poll(async () => JSON.stringify(await received(frame))).toContain('forged');
    released.resolve();
    expect(await asked).toEqual({ items: ['true'] });
  });

  test('learns nothing when it embeds the extension', async () => {
    const { page, frame } = await openFrame(origins.stranger, origins.extension);
    await page.evaluate(() => {
      const messages: unknown[] = [];
      window.addEventListener('message', ({ data }) => messages.push(data));
      Object.assign(globalThis, { received: messages });
    });
    await startBridge(frame);
    await frame.evaluate(() => undefined);
    await page.evaluate(() => {
      const context = { mode: 'setup', appId: 'app', storageDraftId: 'forged' };
      const frameWindow = document.querySelector('iframe')?.contentWindow;
      frameWindow?.postMessage({ channel: 'stowage.bridge/1', type: 'init', context }, '*');
    });
    expect(await ask(frame)).toBe('bridge_timeout');
    expect(await received(page)).toEqual([]);
  });
});
