/** The demo's files: pages as they lie in `page/`, scripts bundled when first asked for and kept. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, stop } from 'esbuild';
import type { GatewayResponse } from '../local/gateway/response.ts';

const folder = path.join(import.meta.dirname, 'page');

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
};

/** An answer that no cache keeps: the demo is edited while it runs. */
export function content(extension: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const type = types[extension] ?? 'application/octet-stream';
  const common = { 'content-type': type, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' };
  return { status: 200, headers: { ...common, ...headers }, cookies: [], body: Buffer.from(body) };
}

/** A page of `page/`, with `{{name}}` replaced, under the given policy. */
export async function page(
  name: string,
  values: Record<string, string>,
  policy: Record<string, string>,
): Promise<GatewayResponse> {
  const source = await readFile(path.join(folder, name), 'utf8');
  const html = source.replace(/\{\{(\w+)\}\}/g, (_, key: string) => escapeHtml(values[key] ?? ''));
  const csp = Object.entries(policy).map(([directive, sources]) => `${directive} ${sources}`);
  return content('html', html, { 'content-security-policy': csp.join('; '), 'referrer-policy': 'no-referrer' });
}

const scripts = new Map<string, Promise<Uint8Array>>();

/** A stylesheet or picture as it is, or a script bundled from its TypeScript; undefined when there is none of that name. */
export async function asset(name: string, names: readonly string[]): Promise<GatewayResponse | undefined> {
  if (!names.includes(name)) return undefined;
  const extension = path.extname(name).slice(1);
  if (extension !== 'js') return content(extension, await readFile(path.join(folder, name)));
  const kept = scripts.get(name) ?? bundle(name.replace(/\.js$/, '.ts'));
  scripts.set(name, kept);
  kept.catch(() => scripts.delete(name));
  return content('js', await kept);
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, entry)],
    bundle: true,
    minify: true,
    sourcemap: 'inline',
    format: 'esm',
    target: 'es2024',
    write: false,
    logLevel: 'silent',
  });
  // Its service process would stay for nothing: each script is built once.
  await stop();
  const [output] = outputFiles;
  if (!output) throw new Error(`esbuild gave nothing for ${entry}`);
  return output.contents;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
