/**
 * Two windows as far as the bridge sees them, so that tests can forge what a browser would never deliver: real ones are
 * in `test/browser`. A message arrives only when its target origin is the window's, as in a browser.
 */
import { vi } from 'vitest';
import type { BridgeContext } from '../../client/src/bridge.ts';
import { createBridge } from '../../client/src/bridge.ts';
import { type BridgeHostOptions, createBridgeHost } from '../../client/src/bridge-host.ts';

export const parentOrigin = 'https://platform.example';
export const frameOrigin = 'https://extension.example';

export class FakeWindow extends EventTarget {
  origin: string;
  parent: FakeWindow = this;
  /** All that was delivered here. */
  received: unknown[] = [];
  /** Who a message sent to this window comes from. */
  sender: FakeWindow | undefined;

  constructor(origin: string) {
    super();
    this.origin = origin;
  }

  postMessage(data: unknown, targetOrigin: string): void {
    const { sender } = this;
    const copy = structuredClone(data);
    if (sender && targetOrigin === this.origin) setImmediate(() => this.deliver(copy, sender.origin, sender));
  }

  /** What the browser does with a message; forged ones come in here. */
  deliver(data: unknown, origin: string, source: unknown): void {
    this.received.push(data);
    this.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }));
  }
}

export function createPage() {
  const parent = new FakeWindow(parentOrigin);
  const child = new FakeWindow(frameOrigin);
  child.parent = parent;
  parent.sender = child;
  child.sender = parent;
  const frame = { contentWindow: child } as unknown as HTMLIFrameElement;

  /** Runs with the given window as the global one. */
  function within<T>(window: FakeWindow, run: () => T): T {
    vi.stubGlobal('window', window);
    try {
      return run();
    } finally {
      vi.unstubAllGlobals();
    }
  }

  return {
    parent,
    child,
    frame,
    within,
    bridge: (timeoutMs = 2000) => within(child, () => createBridge({ parentOrigin, timeoutMs })),
    host(context: BridgeContext, options: Partial<BridgeHostOptions> & Pick<BridgeHostOptions, 'api'>) {
      return within(parent, () => createBridgeHost({ frame, origin: frameOrigin, context, ...options }));
    },
    /** A request as an iframe without our client would write it. */
    send(message: Record<string, unknown>, from: { origin?: string; source?: unknown } = {}) {
      const { origin = frameOrigin, source = child } = from;
      parent.deliver({ channel: 'stowage.bridge/1', ...message }, origin, source);
    },
    /** The answers that reached the iframe, by request id. */
    answers(id: string): Record<string, unknown>[] {
      return (child.received as Record<string, unknown>[]).filter((message) => message.id === id);
    },
  };
}
