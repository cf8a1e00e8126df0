/** A line to the API on which things get lost: what a phone has. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface FlakyProxy {
  url: string;
  /** Requests that came to nothing for whoever sent them. */
  broken: number;
  close(): void;
}

/** Of requests to each of these paths the first is answered 503, and the answer to the second, which was done, is lost. */
export async function flakyProxy(api: string, paths: readonly string[]): Promise<FlakyProxy> {
  const seen = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const nth = paths.includes(url) ? (seen.get(url) ?? 0) + 1 : 0;
    seen.set(url, nth);
    const body = await buffer(request);
    if (nth === 1) {
      proxy.broken += 1;
      response.writeHead(503, { 'content-type': 'application/json' }).end('{"message":"Service Unavailable"}');
      return;
    }
    const { host: _, connection: __, 'content-length': ___, ...passed } = headers;
    const answer = await fetch(`${api}${url}`, {
      method,
      headers: passed as Record<string, string>,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const text = await answer.text();
    if (nth === 2) {
      proxy.broken += 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FlakyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken: 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
