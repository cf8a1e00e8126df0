/** A line to the API and to the bucket that breaks: everything on it is cut whenever so many bytes have been sent. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface Line {
  baseUrl: string;
  /** How often it broke so far. */
  cuts: number;
  /** Bytes of bodies that left on it, those that were lost too. */
  sentBytes: number;
  /** Requests that left on it, as `PUT bucket` or `POST /v1/upload/presign`. */
  seen: string[];
  close(): void;
}

/** Starts it in front of both, on loopback. `cutAt`: at how many sent bytes it breaks, ascending. */
export async function startLine({ api, r2, cutAt }: { api: string; r2: string; cutAt: number[] }): Promise<Line> {
  const left = [...cutAt];
  const sockets = new Set<Socket>();
  const count = () =>
    new Transform({
      transform(chunk: Buffer, _, done) {
        line.sentBytes += chunk.length;
        if (left[0] !== undefined && line.sentBytes >= left[0]) {
          left.shift();
          line.cuts += 1;
          for (const socket of sockets) socket.resetAndDestroy();
          return done(new Error('cut'));
        }
        done(null, chunk);
      },
    });

  /** The bucket's addresses lead over the line; their signatures are for the true host. */
  async function listen(target: string, rewrite: (body: string) => string, name: (path: string) => string) {
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      const { method = 'GET', url: path = '/' } = request;
      line.seen.push(`${method} ${name(path)}`);
      const headers = { ...request.headers, host: new URL(target).host };
      const upstream = send(target + path, { method, headers }, async (answer) => {
        const isText = answer.headers['content-type']?.startsWith('application/json');
        if (!isText) return void answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
        const body = rewrite(await text(answer));
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': Buffer.byteLength(body) });
        response.end(body);
      });
      upstream.on('error', () => request.socket.destroy());
      request.on('close', () => !request.complete && upstream.destroy());
      const counted = count().on('error', () => upstream.destroy());
      request.pipe(counted).pipe(upstream);
    };
    const server = createServer(serve);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const servers: ReturnType<typeof createServer>[] = [];
  const line: Line = {
    baseUrl: '',
    cuts: 0,
    sentBytes: 0,
    seen: [],
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
  const toBucket = await listen(
    r2,
    (body) => body,
    () => 'bucket',
  );
  line.baseUrl = await listen(
    api,
    (body) => body.replaceAll(`"${r2}/`, `"${toBucket}/`),
    (path) => path.replace(/[0-9a-f]{24}/, ':id'),
  );
  return line;
}
