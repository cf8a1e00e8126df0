/** The API's reference, readable: Swagger UI from its npm package, without a request to any other machine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { GatewayResponse } from '../local/gateway/response.ts';
import { asset, content, page } from './assets.ts';

const own = ['docs.css', 'docs.js', 'icon.svg'];
const viewer = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/**
 * The page; the viewer reads `/openapi.json` of the same origin and may reach nothing else. `demo` names whom the page may
 * make tokens for, and the demo app's key.
 */
export function docsPage(demo: Record<string, string>): Promise<GatewayResponse> {
  return page('docs.html', demo, {
    'default-src': "'self'",
    // The viewer sets styles on its elements and draws its icons from data URLs.
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data:",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  });
}

/** A file of the page or of the viewer's package; undefined when there is none of that name. */
export async function docsAsset(name: string): Promise<GatewayResponse | undefined> {
  if (!viewer.includes(name)) return asset(name, own);
  const file = path.join(viewerFolder(), name);
  return existsSync(file) ? content(path.extname(name).slice(1), await readFile(file)) : undefined;
}

function viewerFolder(): string {
  return path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}
