import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { read } from '#test/docs/pages.ts';
import { bundle, recipesOf } from '#test/docs/recipes.ts';
import { jpegPhoto } from '#test/support/images.ts';
import type { StagedList } from '../../client/src/types.ts';
import { useDemo } from './support.ts';

/** The recipes of docs/clients.md for pages, with the real libraries, on a page of another origin than the API. */
const { cloud, newPage } = useDemo();
let photo: Buffer;
let server: Server;
let script = '';
const style = read('node_modules/filepond/dist/filepond.min.css');
const html = `<!doctype html><link rel="icon" href="data:,"><style>${style}</style><input type="file">`;
beforeAll(async () => {
  photo = await jpegPhoto({ width: 300, height: 200 });
  server = createServer((request, response) => {
    const isScript = request.url === '/recipe.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
afterEach(async () => {
  const { baseUrl, appId } = cloud().dev;
  for (const { id } of (await staged()).items) {
    await fetch(`${baseUrl}/api/extensions/apps/${appId}/files/staged/${id}`, { method: 'DELETE', headers: proof() });
  }
});

const proof = () => ({ authorization: `Bearer ${cloud().dev.userToken}` });

async function staged(): Promise<StagedList> {
  const { baseUrl, appId } = cloud().dev;
  return (await (
    await fetch(`${baseUrl}/api/extensions/apps/${appId}/files/staged`, { headers: proof() })
  ).json()) as StagedList;
}

interface Opened {
  page: Page;
  printed: string[];
  /** Uploads and what belongs to them, as `METHOD /last/part`. */
  requests: { name: string; key: string | undefined }[];
}

/** A page that runs a recipe, which leaves its object on `globalThis`. */
async function open(block: string, leaves: string, token = cloud().dev.userToken): Promise<Opened> {
  const page = await newPage();
  const opened: Opened = { page, printed: [], requests: [] };
  page.on('console', (message) => opened.printed.push(message.text()));
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    const key = request.headers()['idempotency-key'];
    if (request.method() !== 'GET') opened.requests.push({ name: `${request.method()} ${pathname}`, key });
  });
  script = await bundle(block, 'browser', [leaves]);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const around = { api: cloud().dev.baseUrl, app: cloud().dev.appId, token };
  await page.evaluate((given) => Object.assign(globalThis, { around: given }), around);
  await page.addScriptTag({ url: '/recipe.js', type: 'module' });
  await page.waitForFunction((name) => name in globalThis, leaves);
  return opened;
}

/** The parts of an `Uppy` that the tests use, on the page. */
interface OnPage {
  uppy: {
    addFile(file: { name: string; type: string; data: Blob }): string;
    upload(): Promise<{ successful: unknown[]; failed: unknown[] }>;
    retryAll(): Promise<{ successful: unknown[]; failed: unknown[] }>;
  };
}

/** Adds files to Uppy and uploads them; how many it says succeeded and failed. */
function upload(page: Page, files: { name: string; bytes: Buffer }[]): Promise<{ successful: number; failed: number }> {
  const sent = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
  return page.evaluate(async (given) => {
    const { uppy } = globalThis as unknown as OnPage;
    for (const { name, base64 } of given) {
      const data = new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], { type: 'image/jpeg' });
      uppy.addFile({ name, type: 'image/jpeg', data });
    }
    const { successful, failed } = await uppy.upload();
    return { successful: successful.length, failed: failed.length };
  }, sent);
}

const noPicture = () => ({ name: 'none.jpg', bytes: Buffer.from('no picture') });

describe('Uppy', () => {
  test.each([
    ['xhr-upload', 0, ['/files/stage']],
    ['aws-s3', 1, ['/files/presign', '/incoming/', '/files/complete']],
    ['our uploader', 3, ['/files/stage']],
  ] as const)('with %s stores pictures, and tells of one that is refused', async (_, index, paths) => {
    const { page, printed, requests } = await open(recipesOf('Uppy')[index] ?? '', 'uppy');
    const batch = [{ name: 'one.jpg', bytes: photo }, noPicture(), { name: 'two.jpg', bytes: photo }];
    expect(await upload(page, batch)).toEqual({ successful: 2, failed: 1 });
    const { items } = await staged();
    expect(items.map(({ originalName }) => originalName).toSorted()).toEqual(['one.jpg', 'two.jpg']);
    for (const item of items) expect(item).toMatchObject({ purpose: 'puzzle-image', draftId: null });
    for (const { id } of items) expect(printed.join('\n')).toMatch(new RegExp(`stored .*${id}`));
    expect(printed.join('\n')).toMatch(/refused invalid_file_type .+/);
    for (const path of paths) expect(requests.filter(({ name }) => name.includes(path))).toHaveLength(3);
  });

  test.each([
    ['xhr-upload', 0, '/files/stage'],
    ['aws-s3', 1, '/files/presign'],
    ['our uploader', 3, '/files/stage'],
  ] as const)('with %s tries again under the same key, and stores once', async (_, index, path) => {
    const { page, requests } = await open(recipesOf('Uppy')[index] ?? '', 'uppy');
    let lost = 1;
    await page.route(`**${path}`, async (route) => {
      if (route.request().method() !== 'POST' || lost-- <= 0) return await route.continue();
      // It arrives, and the answer does not.
      await route.fetch();
      return await route.abort();
    });
    const first = await upload(page, [{ name: 'one.jpg', bytes: photo }]);
    if (first.failed > 0) {
      const again = await page.evaluate(async () => {
        const { successful } = await (globalThis as unknown as OnPage).uppy.retryAll();
        return successful.length;
      });
      expect(again).toBe(1);
    }
    const keys = requests.filter(({ name }) => name.endsWith(path)).map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect((await staged()).stagedQuota.fileCount).toBe(1);
  });
});

describe('Uppy with a large file', () => {
  const largeBytes = 22 * 1024 * 1024;
  const run = (page: Page, what: 'upload' | 'retryAll') =>
    page.evaluate(
      async ([how, size]) => {
        const { uppy } = globalThis as unknown as OnPage;
        if (how === 'upload') {
          const data = new Blob([new Uint8Array(size).map((_, index) => index % 251)]);
          uppy.addFile({ name: 'film.bin', type: 'application/octet-stream', data });
        }
        const { successful, failed } = await uppy[how]();
        return { successful: successful.length, failed: failed.length };
      },
      [what, largeBytes] as const,
    );
  const putsOf = ({ requests }: Opened) => requests.filter(({ name }) => name.startsWith('PUT /')).length;

  test('sends it in parts, and after a failure only those that are missing', async () => {
    const opened = await open(recipesOf('Uppy')[2] ?? '', 'uppy');
    const { page, printed, requests } = opened;
    let allowed = 3;
    await page.route('**/incoming/**', async (route) => {
      if (route.request().method() !== 'PUT' || allowed > 0) {
        if (route.request().method() === 'PUT') allowed -= 1;
        return await route.continue();
      }
      return await route.fulfill({ status: 403, headers: { 'access-control-allow-origin': '*' } });
    });
    expect(await run(page, 'upload')).toEqual({ successful: 0, failed: 1 });
    const before = putsOf(opened);
    allowed = 100;
    expect(await run(page, 'retryAll')).toEqual({ successful: 1, failed: 0 });
    expect(putsOf(opened) - before).toBe(2);
    const id = /stored ([0-9a-f]{24})/.exec(printed.join('\n'))?.[1];
    expect(new Set(requests.filter(({ name }) => name.endsWith('/presign')).map(({ key }) => key)).size).toBe(1);
    const { baseUrl } = cloud().dev;
    const stored = (await (await fetch(`${baseUrl}/v1/upload/${id}`, { headers: proof() })).json()) as {
      data: { size: string };
    };
    expect(stored.data.size).toBe(String(largeBytes));
  });
});

describe('FilePond', () => {
  const openPond = () => open(recipesOf('FilePond')[0] ?? '', 'pond');
  const choose = (page: Page, name: string, buffer: Buffer) =>
    page.locator('.filepond--browser').setInputFiles({ name, mimeType: 'image/jpeg', buffer });

  test('stores a picture, and deletes it when it is taken away', async () => {
    const { page, requests } = await openPond();
    await choose(page, 'pond.jpg', photo);
    await expect.poll(async () => (await staged()).items).toMatchObject([{ originalName: 'pond.jpg' }]);
    expect((await staged()).items).toMatchObject([{ purpose: 'puzzle-image' }]);
    await page.locator('[data-filepond-item-state="processing-complete"]').waitFor();
    await page.locator('.filepond--action-revert-item-processing').click();
    await expect.poll(async () => (await staged()).items).toEqual([]);
    expect(requests.map(({ name }) => name.split('/')[0])).toEqual(['POST ', 'DELETE ']);
  });

  test('shows why a file is refused', async () => {
    const { page } = await openPond();
    await choose(page, 'none.jpg', Buffer.from('no picture'));
    await page.locator('.filepond--file-status-main', { hasText: 'takes JPEG, PNG, WebP, GIF or AVIF' }).waitFor();
    expect((await staged()).items).toEqual([]);
  });
});
