/**
 * Plays somebody's extension: its iframe pages and its backend, on an origin of their own. The backend holds the
 * developer key as a real one would; its pages never see it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { isStowageError } from '../client/src/errors.ts';
import { createUploader, sessionTarget } from '../client/src/uploader.ts';
import type { Closable } from '../local/aws.ts';
import type { GatewayResponse } from '../local/gateway/response.ts';
import { closeServer, listen } from '../local/listen.ts';
import type { PagesContext } from '../local/pages.ts';
import { asset, page } from './assets.ts';

const assets = ['base.css', 'extension.css', 'setup.js', 'runtime.js', 'icon.svg'];

/** Starts it on loopback. Rejects when the port is taken. */
export async function startExtension(options: PagesContext): Promise<Closable & { origin: string }> {
  const { host, extensionPort, baseUrl, r2Endpoint } = options;
  const origin = `http://${host}:${extensionPort}`;
  const backend = createBackend(options);
  const policy = {
    'default-src': "'self'",
    'img-src': `'self' data: blob: ${r2Endpoint}`,
    'frame-ancestors': baseUrl,
    'base-uri': "'none'",
    'form-action': "'none'",
  };

  async function answer(request: IncomingMessage): Promise<GatewayResponse | undefined> {
    // Another name for this address could belong to a stranger's page.
    if (request.headers.host !== new URL(origin).host) return undefined;
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path.startsWith('/backend/')) return request.headers.origin === origin ? backend(request, path) : undefined;
    if (request.method !== 'GET') return undefined;
    if (path === '/setup' || path === '/runtime') {
      return page(`${path.slice(1)}.html`, { platformOrigin: baseUrl }, policy);
    }
    return asset(path.slice(1), assets);
  }

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(request)
      .catch((error: unknown) => {
        console.error(error);
        return failure(500, 'The extension failed.');
      })
      .then((found) => write(response, found ?? failure(404, 'Not found')));
  });
  await listen(server, { host, port: extensionPort });
  return { origin, close: () => closeServer(server) };
}

/**
 * What the session's iframe asks its own backend for: everything that changes the session
 * (docs/contract.md, "Who calls").
 */
function createBackend({ baseUrl, ids, sign, developerKey }: PagesContext) {
  /** In earnest the platform hands its backends the session's token, server to server. */
  async function auth(request: IncomingMessage): Promise<Record<string, string>> {
    const { appId, userId: sub } = ids;
    const sessionId = `${request.headers['x-session']}`;
    const token = await sign({ token_use: 'session', sub, appId, sessionId, lockId: lockOf(sessionId) });
    return { authorization: `Bearer ${developerKey()}`, 'x-chastify-main-token': token };
  }

  const uploader = (request: IncomingMessage) =>
    createUploader({
      baseUrl,
      target: sessionTarget(`${request.headers['x-session']}`),
      auth: () => auth(request),
    });

  async function upload(request: IncomingMessage): Promise<GatewayResponse> {
    const type = `${request.headers['content-type']}`;
    const form = await new Response(await buffer(request), { headers: { 'content-type': type } }).formData();
    const file = form.get('file');
    if (file === null || typeof file === 'string') return failure(400, 'Send a file.');
    return json(201, await uploader(request).upload(file, { purpose: 'runtime' }));
  }

  async function putState(request: IncomingMessage): Promise<GatewayResponse> {
    const path = `/api/extensions/sessions/${encodeURIComponent(`${request.headers['x-session']}`)}/state`;
    const headers = { ...(await auth(request)), 'content-type': 'application/json' };
    const answer = await fetch(baseUrl + path, { method: 'PUT', headers, body: await buffer(request) });
    return { ...json(answer.status, {}), body: Buffer.from(await answer.arrayBuffer()) };
  }

  return async (request: IncomingMessage, path: string): Promise<GatewayResponse> => {
    try {
      if (`${request.method} ${path}` === 'POST /backend/files') return await upload(request);
      if (`${request.method} ${path}` === 'PUT /backend/state') return await putState(request);
      const fileId = /^\/backend\/files\/([0-9a-f]{24})$/.exec(path)?.[1];
      if (request.method !== 'DELETE' || !fileId) return failure(404, 'Not found');
      await uploader(request).delete(fileId);
      return json(200, {});
    } catch (error) {
      if (isStowageError(error)) return failure(error.status || 502, error.message, error.code);
      throw error;
    }
  };
}

/** The demo names a session after its lock. */
function lockOf(sessionId: string): string {
  return sessionId.replace(/session/, 'lock');
}

function json(status: number, value: unknown): GatewayResponse {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify(value)) };
}

function failure(status: number, message: string, code = 'demo_extension'): GatewayResponse {
  return json(status, { status: 'error', code, message });
}

function write(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}
