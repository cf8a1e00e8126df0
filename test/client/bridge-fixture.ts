import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { createPage } from './windows.ts';

/** A request that reached the API behind the bridge. */
export interface Reached {
  method: string;
  path: string;
  authorization: string | undefined;
  closed: Promise<void>;
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export const runtime = { mode: 'runtime', appId: 'app', sessionId: 'session' } as const;
export const setup = { mode: 'setup', appId: 'app', storageDraftId: 'draft' } as const;

/** For one test file: an API that answers as told, and pages with both sides of the bridge, gone after each test. */
export function useBridge() {
  const requests: Reached[] = [];
  const opened: { dispose(): void }[] = [];
  const answerEmpty: Respond = (_, response) => response.end('{"items":[]}');
  const api = { baseUrl: '', token: () => 'secret-token' };
  const fixture = {
    requests,
    api,
    respond: answerEmpty,
    /** Disposed after the test. */
    track: (part: { dispose(): void }) => void opened.push(part),
    /** Both sides, up. */
    open(mode: 'setup' | 'runtime', options: Parameters<ReturnType<typeof createPage>['host']>[1] = { api }) {
      const page = createPage();
      const upload = vi.fn(async () => ({ file: { id: 'f' } as never }));
      const host = page.host(mode === 'setup' ? setup : runtime, { upload, ...options });
      const bridge = page.bridge();
      opened.push(bridge, host);
      return { page, host, bridge, upload };
    },
  };
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    response.on('close', resolve);
    requests.push({ method, path, authorization: headers.authorization, closed });
    fixture.respond(request, response);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    api.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  afterEach(() => {
    for (const part of opened.splice(0)) part.dispose();
    requests.length = 0;
    fixture.respond = answerEmpty;
  });
  return fixture;
}

/** Time for whatever should not happen to happen. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 60));
