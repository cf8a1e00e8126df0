/** Three origins on loopback: a platform with an API, an extension, and somebody who is neither. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleClient } from '../../client/build.ts';

export interface Origins {
  platform: string;
  extension: string;
  stranger: string;
  /** Calls that reached the platform's API. */
  calls: { method: string; path: string; authorization: string | undefined; closed: Promise<void> }[];
  /** Answers them; `{ items: [] }` unless a test says otherwise. */
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  close(): void;
}

/** Empty, but for the built client's functions as globals. */
const page = `<!doctype html><title>Test</title><link rel="icon" href="data:," />
<script type="module">
  import { createBridge } from '/client/bridge.js';
  import { createBridgeHost } from '/client/bridge-host.js';
  Object.assign(globalThis, { createBridge, createBridgeHost });
</script>`;

/** Each origin serves that page at every path and the built client under `/client/`. */
export async function startOrigins(): Promise<Origins> {
  const dist = mkdtempSync(join(tmpdir(), 'stowage-client-'));
  await bundleClient(dist);
  const servers = await Promise.all(
    ['platform', 'extension', 'stranger'].map(async (name) => {
      const server = createServer((request, response) => {
        const { method = '', url: path = '/', headers } = request;
        if (path.startsWith('/client/')) {
          response.setHeader('content-type', 'text/javascript');
          response.end(readFileSync(join(dist, path.slice('/client/'.length))));
        } else if (name === 'platform' && path.startsWith('/api/')) {
          const { promise: closed, resolve } = Promise.withResolvers<void>();
          response.on('close', resolve);
          origins.calls.push({ method, path, authorization: headers.authorization, closed });
          origins.respond(request, response);
        } else {
          response.setHeader('content-type', 'text/html');
          response.end(page);
        }
      });
      server.listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return server;
    }),
  );
  const [platform = '', extension = '', stranger = ''] = servers.map(
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  const origins: Origins = {
    platform,
    extension,
    stranger,
    calls: [],
    respond: (_, response) => response.end('{"items":[]}'),
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
      rmSync(dist, { recursive: true, force: true });
    },
  };
  return origins;
}
