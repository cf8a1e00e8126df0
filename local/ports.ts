/** Ports that stay the same over restarts, since stored URLs (a public file's, for one) name them. */
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { writePrivate } from './files.ts';

/**
 * A port for each name: the one kept in `<dir>/ports.json` if it is still free, else any free one. `fixed` ports are
 * taken as they are, so a taken one fails where it is bound.
 */
export async function choosePorts<Name extends string>(
  dir: string,
  names: readonly Name[],
  fixed: Partial<Record<Name, number>> = {},
): Promise<Record<Name, number>> {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, 'ports.json');
  const kept = read(file);
  const chosen = {} as Record<Name, number>;
  const taken = new Set<number>(Object.values<number | undefined>(fixed).filter((port) => port !== undefined));
  for (const name of names) {
    const wish = fixed[name] || (taken.has(kept[name] ?? 0) ? 0 : (kept[name] ?? 0));
    const port = fixed[name] || (await probe(wish)) || (await freePort(taken));
    chosen[name] = port;
    taken.add(port);
  }
  writePrivate(file, JSON.stringify(chosen));
  return chosen;
}

/** Enough for whoever starts clouds side by side. */
const mostTries = 4;

/**
 * Starts what chooses ports and binds them, and once more where another process was faster between the two, a few times: what
 * was taken is not chosen again. `fixed` is not ours to change, and where that one is taken the error comes at once.
 */
export async function withFreePorts<T>(start: () => Promise<T>, fixed?: number): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      const { code, port } = error as { code?: unknown; port?: unknown };
      if (code !== 'EADDRINUSE' || port === fixed || tries === mostTries) throw error;
    }
  }
}

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): between choosing a
 * port and binding it lie seconds, in which any connection of this machine could take one of those.
 */
const firstPort = 20_000;
const lastPort = 32_000;

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = randomInt(firstPort, lastPort);
    if (!taken.has(port) && (await probe(port)) !== 0) return port;
  }
}

/** The port if it can be bound right now, else 0. */
async function probe(port: number): Promise<number> {
  if (port === 0) return 0;
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<number>();
  server.once('error', () => resolve(0));
  server.listen(port, '127.0.0.1', () => {
    server.close(() => resolve(port));
  });
  return promise;
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
