/** Servers that are not R2: what they answer is the test's. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { R2Config } from '#adapters/r2/config.ts';
import { credentials } from './bucket.ts';

/** Starts one, and counts what comes. */
export async function startServer(answer: RequestListener) {
  let requests = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  server.on('connection', () => {
    connections += 1;
  });
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    connections: () => connections,
    stop(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An account there, in place of R2's. */
export function configOf({ endpoint }: { endpoint: string }): R2Config {
  return { endpoint, buckets: { default: 'files' }, credentials: async () => credentials };
}
