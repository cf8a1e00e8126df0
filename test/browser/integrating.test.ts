import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '#test/docs/pages.ts';
import { inBrowser, sourceOf } from '#test/docs/programs.ts';
import { clientSources } from '#test/docs/recipes.ts';
import { asBackend, asUser, connect, type Stowage, type TestApp, upload } from '#test/e2e/support.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { useDemo } from './support.ts';

/** The programs of docs/integrating for pages: the platform's page on one origin, the extension's in an iframe on another. */
const { cloud, newPage } = useDemo();
let stowage: Stowage;
let photo: Buffer;
let platform: Site;
let extension: Site;
const ran = new Set<string>();

interface Site {
  origin: string;
  /** What its page runs, and what is around that. */
  script: string;
  around: object;
  server: Server;
}

beforeAll(async () => {
  stowage = connect(cloud().dev);
  [photo, platform, extension] = await Promise.all([jpegPhoto({ width: 300, height: 200 }), openSite(), openSite()]);
});
afterAll(() => {
  for (const { server } of [platform, extension]) {
    server.close();
    server.closeAllConnections();
  }
});

async function openSite(): Promise<Site> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/script.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    const around = JSON.stringify(site.around);
    const html = `<!doctype html><link rel="icon" href="data:,"><body><script>globalThis.around = ${around}</script><script type="module" src="/script.js"></script>`;
    response.end(isScript ? site.script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const site: Site = { origin, script: '', around: {}, server };
  return site;
}

/** A program as its page's bundler would make it. */
async function bundled(name: string): Promise<string> {
  ran.add(name);
  const program = inBrowser[name];
  if (program === undefined) throw new Error(`There is no program ${name}`);
  const { outputFiles } = await build({
    stdin: { contents: sourceOf(program), resolveDir: root, loader: program.jsx ? 'tsx' : 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: clientSources,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

interface Opened {
  app: TestApp;
  page: Page;
  frame: FrameLocator;
  printed: string[];
}

/** The platform's page with one of its programs, around an extension with one of its own. */
async function open(around: 'page' | 'session', inside: string, app: TestApp): Promise<Opened> {
  const [script, framed] = await Promise.all([bundled(around), bundled(inside)]);
  const { appId, sessionId } = app;
  const token = around === 'page' ? app.userToken : app.sessionToken;
  Object.assign(platform, {
    script,
    around: { extensionOrigin: extension.origin, baseUrl: stowage.dev.baseUrl, appId, sessionId, token },
  });
  Object.assign(extension, { script: framed, around: { parentOrigin: platform.origin } });
  const page = await newPage();
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text()));
  await page.goto(`${platform.origin}/`);
  return { app, page, frame: page.frameLocator('iframe'), printed };
}

const picture = (name = 'photo.jpg') => ({ name, mimeType: 'image/jpeg', buffer: photo });
const staged = async (app: TestApp) =>
  ((await stowage.ok('GET', `${app.setup}/staged`, asUser(app))) as { items: { id: string; purpose: string }[] }).items;

describe('in a setup screen', () => {
  test('a picture is uploaded over the bridge, and the configuration that names it reaches the page', async () => {
    const { app, page, frame } = await open('page', 'iframe', await stowage.app());
    await frame.locator('input').setInputFiles(picture());
    await frame.getByText(/^stored [0-9a-f]{24}$/).waitFor();
    const [file, ...more] = await staged(app);
    expect(more).toEqual([]);
    expect(file?.purpose).toBe('puzzle-image');
    const kept = await page.evaluate(() => (globalThis as unknown as { kept: { config: object } }).kept.config);
    expect(kept).toMatchObject({ storageDraftId: expect.any(String), images: [{ fileId: file?.id }] });
    const json = { userId: app.userId, target: { type: 'lock', id: app.lockId }, config: kept };
    const token = stowage.dev.platformToken;
    expect(await stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { token, json })).toMatchObject({
      claimed: [file?.id],
    });
  });

  test('a refusal is shown by its code, and nothing is offered where storage is off', async () => {
    const app = await stowage.app();
    const { frame } = await open('page', 'iframe', app);
    await frame.locator('input').setInputFiles({ ...picture('a.jpg'), buffer: Buffer.from('no picture') });
    await frame.getByText(/^invalid_file_type: /).waitFor();
    const json = { enabled: false };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json });
    await expect
      .poll(async () => {
        const again = await open('page', 'iframe', app);
        await again.frame.locator('p').waitFor({ state: 'attached' });
        return await again.frame.locator('input').count();
      })
      .toBe(0);
  });

  test('React shows what is uploaded, and what is staged', async () => {
    const { app, frame } = await open('page', 'react', await stowage.app());
    await frame.locator('input').setInputFiles(picture());
    await frame.getByText('photo.jpg: uploaded').waitFor();
    await frame.getByRole('img', { name: 'photo.jpg' }).waitFor();
    expect(await staged(app)).toHaveLength(1);
  });

  test('the element uploads', async () => {
    const { app, frame, printed } = await open('page', 'element', await stowage.app());
    await frame.locator('stowage-upload input[type=file]').setInputFiles(picture());
    await expect.poll(() => printed).toContain('stored photo.jpg');
    expect(await staged(app)).toMatchObject([{ purpose: 'puzzle-image' }]);
  });
});

describe('in a session', () => {
  test('the pictures are shown, and uploading is refused with a reason', async () => {
    const app = await stowage.app();
    await upload(stowage, app, { bytes: photo });
    const { frame } = await open('session', 'iframe', app);
    const image = frame.getByRole('img', { name: 'photo.jpg' });
    await image.waitFor();
    await expect.poll(() => image.evaluate((it) => (it as HTMLImageElement).naturalWidth)).toBe(300);
    await frame.locator('input').setInputFiles(picture());
    await frame.getByText(/^not_available_at_runtime: /).waitFor();
    const { items } = (await stowage.ok('GET', app.files, asBackend(app))) as { items: unknown[] };
    expect(items).toHaveLength(1);
  });
});

test('every program of a page is run here', () => {
  expect([...ran].sort()).toEqual(Object.keys(inBrowser).sort());
});
