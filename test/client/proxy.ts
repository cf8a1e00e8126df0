/** A path to the API that loses answers, or gives other ones, when a test says so. */
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * `lost`: the request arrives and its answer does not. `cut`: neither arrives. `silent`: no answer ever comes. Otherwise an
 * answer instead of the API's.
 */
export type Fault = 'lost' | 'cut' | 'silent' | { status: number; body: string; headers?: Record<string, string> };

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
}

export interface ApiProxy {
  baseUrl: string;
  /** Every request so far. */
  seen: Seen[];
  /** Asked for each request; undefined lets it through. */
  fault: (request: Seen) => Fault | undefined | Promise<Fault | undefined>;
  close(): void;
}

/** Starts it in front of `target`, on loopback. */
export async function startProxy(target: string): Promise<ApiProxy> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const seen = { method, path, headers };
    proxy.seen.push(seen);
    const body = await buffer(request).catch(() => undefined);
    if (!body) return;
    const fault = await proxy.fault(seen);
    if (fault === 'silent') return;
    if (fault === 'cut') {
      request.socket.destroy();
      return;
    }
    if (fault && fault !== 'lost') {
      response.writeHead(fault.status, fault.headers);
      response.end(fault.body);
      return;
    }
    const upstream = send(target + path, { method, headers }, async (answer) => {
      const received = await buffer(answer);
      if (fault === 'lost') request.socket.destroy();
      else response.writeHead(answer.statusCode ?? 502, answer.headers).end(received);
    });
    upstream.end(body);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const proxy: ApiProxy = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    fault: () => undefined,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}
