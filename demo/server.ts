/**
 * The pages of the one-machine cloud: the demo at `/`, the administration at `/admin`, the API's reference at `/docs`, its
 * document at `/openapi.json`.
 * Asked only for what no deployed route matches. Part of the local cloud, never of the deployed stack.
 */

import type { GatewayResponse } from '../local/gateway/response.ts';
import type { Pages, PagesContext } from '../local/pages.ts';
import { openApiDocument } from '../openapi/document.ts';
import { adminFile } from './admin.ts';
import { asset, content, page } from './assets.ts';
import { docsAsset, docsPage } from './docs.ts';
import { startExtension } from './extension.ts';

const assets = ['base.css', 'parent.css', 'parent.js', 'icon.svg'];

/** Starts the extension's own server and gives the handler of the pages. Rejects when its port is taken. */
export async function startDemo(options: PagesContext): Promise<Pages> {
  const { baseUrl, r2Endpoint, ids } = options;
  const extension = await startExtension(options);
  const { host } = new URL(baseUrl);

  async function route(path: string): Promise<GatewayResponse | undefined> {
    if (path === '/') return page('parent.html', { ...ids, extensionOrigin: extension.origin }, parentPolicy());
    if (path.startsWith('/demo/')) return asset(path.slice('/demo/'.length), assets);
    if (path === '/openapi.json') return json(await openApiDocument({ serverUrl: baseUrl }));
    if (path === '/favicon.ico') return asset('icon.svg', assets);
    // Its files are named relative to it, as on any static host.
    if (path === '/admin') return redirect('/admin/');
    if (path.startsWith('/admin/')) return adminFile(path.slice('/admin/'.length), r2Endpoint);
    if (path === '/docs') return docsPage({ ...ids, developerKey: options.developerKey() });
    if (path.startsWith('/docs/')) return docsAsset(path.slice('/docs/'.length));
    return undefined;
  }

  /** What the page may load and reach: itself, the bucket (direct uploads, images) and the extension's frame. */
  const parentPolicy = () => ({
    'default-src': "'self'",
    'connect-src': `'self' ${r2Endpoint}`,
    'img-src': `'self' data: blob: ${r2Endpoint}`,
    'frame-src': extension.origin,
    'frame-ancestors': "'none'",
    'base-uri': "'none'",
    'form-action': "'none'",
  });

  return {
    async answer(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      // The extension pins one origin: a page opened under another name of this machine is sent there.
      if (path === '/' && request.headers.host !== host) return redirect(`${baseUrl}/`);
      return route(path);
    },
    close: extension.close,
  };
}

function json(value: unknown): GatewayResponse {
  return content('json', JSON.stringify(value, undefined, 2), { 'content-type': 'application/json' });
}

function redirect(location: string): GatewayResponse {
  return { status: 302, headers: { location }, cookies: [], body: Buffer.alloc(0) };
}
