/** Sending and closing, shared by the signed endpoint and the public bucket. */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Reply } from './types.ts';

/** Milliseconds that answers under way get to end by themselves. */
const graceMs = 400;

export interface R2Server {
  /** `http://<host>:<port>` */
  endpoint: string;
  port: number;
  /** Ends within a second, idle keep-alive connections and half-sent requests included; what was answered is on disk. */
  close(): Promise<void>;
}

/**
 * Serves a store, which it closes when it ends: the answers under way are finished first. Rejects when the port is
 * taken.
 */
export async function serveStore(
  store: { close(): void },
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  { port, host }: { port: number; host: string },
): Promise<R2Server> {
  const underWay = new Set<Promise<void>>();
  const listening = await listen(
    (request, response) => {
      const work = serve(request, response).finally(() => underWay.delete(work));
      underWay.add(work);
    },
    port,
    host,
  ).catch((error: unknown) => {
    store.close();
    throw error;
  });
  return {
    endpoint: `http://${host}:${listening.port}`,
    port: listening.port,
    async close() {
      await listening.close();
      await Promise.allSettled(underWay);
      store.close();
    },
  };
}

/** Listens, and resolves when connections are accepted. Rejects when the port is taken. */
async function listen(listener: RequestListener, port: number, host: string) {
  // Clients hold connections between requests longer than Node's 5 s, and meet a reset when the server gives up first.
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Writes an answer and closes its file. A caller that left while it was being written is no error. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = {}, body } = reply;
  const bodiless = response.req.method === 'HEAD' || status === 204 || status === 304;
  response.writeHead(status, {
    ...headers,
    ...(typeof body === 'string' && { 'content-length': String(Buffer.byteLength(body)) }),
    // A read without bytes (an empty object) must still say so, or Node would send chunks.
    ...(body === undefined && !bodiless && { 'content-length': '0' }),
  });
  if (typeof body !== 'object' || bodiless) {
    if (typeof body === 'object') await body.close();
    response.end(typeof body === 'string' && !bodiless ? body : undefined);
  } else {
    await pipeline(body.stream(), response).catch(() => response.destroy());
  }
  // What is left of a refused body is read away, so that the connection can carry the next request.
  response.req.resume();
}
