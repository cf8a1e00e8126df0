/**
 * The smallest backend that a page with uploads needs: the page, its script, and a token for whoever is signed in. Here
 * everybody is the demo's user; a real backend asks its own session who calls.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';

export const exampleNames = ['react', 'uppy', 'element'] as const;
export type ExampleName = (typeof exampleNames)[number];
export const isExample = (name: string): name is ExampleName => (exampleNames as readonly string[]).includes(name);

/** Of the one-machine cloud's dev.json, what an example needs. */
export interface Dev {
  baseUrl: string;
  appId: string;
  userId: string;
  r2: { endpoint: string };
}

const folder = import.meta.dirname;
const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
};

/** Serves an example on loopback. Rejects when its script does not build or the port is taken. */
export async function startExample(name: ExampleName, dev: Dev, port = 0) {
  const script = await bundle(name);

  async function content(asked: string): Promise<string | undefined> {
    if (asked === '/') return readFile(path.join(folder, name, 'index.html'), 'utf8');
    if (asked === '/style.css') return readFile(path.join(folder, 'style.css'), 'utf8');
    if (asked === '/main.js') return script;
    if (asked === '/session.json') return JSON.stringify(await session(dev));
    return undefined;
  }

  const server = createServer(async (request, response) => {
    const asked = (request.url ?? '/').split('?')[0] ?? '/';
    // Another name for this address could belong to a stranger's page, which would read the token.
    const isOurs = request.headers.host === host() && request.method === 'GET';
    const body = isOurs ? await content(asked).catch(() => undefined) : undefined;
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': types[asked.split('.')[1] ?? 'html'] ?? 'text/plain',
      'content-security-policy': policy(dev),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(body ?? 'Not found');
  });
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return {
    url: `http://${host()}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bundle(name: ExampleName): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, name, name === 'react' ? 'main.tsx' : 'main.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    // Of the repository, where the package may not be built yet. Yours finds what npm installed.
    alias: Object.fromEntries(
      ['react', 'uppy', 'element', 'uploader'].map((entry) => [
        `@stowage/client/${entry}`,
        path.join(folder, `../client/src/${entry}.ts`),
      ]),
    ),
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** Where the page uploads to, and as whom. Tokens are short-lived: the page asks anew when its own is. */
async function session({ baseUrl, appId, userId }: Dev) {
  const answer = await fetch(`${baseUrl}/__local/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token_use: 'user', sub: userId }),
  });
  const { token } = (await answer.json()) as { token: string };
  return { baseUrl, appId, token };
}

/** What a page with uploads has to allow: the API and the bucket, for bytes that go there and pictures that come from it. */
function policy({ baseUrl, r2 }: Dev): string {
  const from = `${baseUrl} ${r2.endpoint}`;
  return `default-src 'self'; connect-src 'self' ${from}; img-src 'self' data: blob: ${from}; base-uri 'none'; form-action 'none'`;
}
