/**
 * A public bucket behind its custom domain: `GET` and `HEAD /<key>` unsigned, from the same folder the signed endpoint
 * writes, so an object is visible as soon as it is stored. Differs from a real domain: no cache, so nothing is stale
 * after a delete; CORS is always `*`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { R2Error } from './errors.ts';
import { type R2Server, send, serveStore } from './http.ts';
import { attach, describeObject } from './operations/read.ts';
import { decode } from './request.ts';
import { openStore } from './store.ts';
import type { Reply } from './types.ts';

export interface PublicBucketOptions {
  /** The data folder given to `startR2`. */
  dir: string;
  bucket: string;
  port?: number;
  host?: string;
  /** What a rule of the domain adds to every answer (Cloudflare: "Response Header Transform Rules"). */
  headers?: Record<string, string>;
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'ETag, Content-Length, Content-Range',
};

/** Starts serving one bucket's objects by their keys. There is no listing. Rejects when the port is taken. */
export async function startPublicBucket(options: PublicBucketOptions): Promise<R2Server> {
  const { dir, bucket, port = 0, host = '127.0.0.1' } = options;
  const store = openStore(dir);

  async function answer(request: IncomingMessage): Promise<Reply> {
    if (request.method === 'OPTIONS') {
      return {
        status: 204,
        headers: {
          'access-control-allow-methods': 'GET, HEAD',
          'access-control-allow-headers': 'range, if-none-match',
        },
      };
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new R2Error('MethodNotAllowed', 'Method not allowed', { allow: 'GET, HEAD' });
    const key = decode((request.url ?? '/').split('?', 1)[0] ?? '/').slice(1);
    const opened = key === '' ? undefined : await store.open(bucket, key);
    if (!opened) throw new R2Error('NoSuchKey', 'Not found');
    try {
      const header = (name: string) => request.headers[name]?.toString();
      return await attach(describeObject(opened.object, header), opened.file);
    } catch (error) {
      await opened.file.close();
      throw error;
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = await answer(request).catch((error: unknown): Reply => {
      if (!(error instanceof R2Error)) console.error('public bucket failed', error);
      const { status, message, headers } =
        error instanceof R2Error ? error : { status: 500, message: 'Internal error', headers: {} };
      return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${message}\n` };
    });
    await send(response, { ...reply, headers: { ...reply.headers, ...cors, ...options.headers } });
  }

  const serveOrDrop = (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response).catch((error: unknown) => {
      console.error('public bucket failed', error);
      response.destroy();
    });
  return await serveStore(store, serveOrDrop, { port, host });
}
