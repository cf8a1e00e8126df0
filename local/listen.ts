/** Loopback servers: how every one of this cloud is bound and ended. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Binds a server; port 0 takes any free one. Rejects when the port is taken. */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; endpoint: string }> {
  // Longer than any client keeps an idle connection: who closes first decides whether the other meets a reset.
  server.keepAliveTimeout = 65_000;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  server.off('error', reject);
  const actual = (server.address() as AddressInfo).port;
  return { port: actual, endpoint: `http://${host}:${actual}` };
}

/** Stops listening and ends every connection, kept-alive and waiting ones too; idempotent. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
