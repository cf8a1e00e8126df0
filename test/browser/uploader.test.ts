import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { bundleClient } from '../../client/build.ts';
import type { Uploader } from '../../client/src/uploader.ts';
import { useDemo } from './support.ts';

/** The built uploader on a page of another origin than the API: XMLHttpRequest, CORS and a clock that may be wrong. */
const { cloud, newPage } = useDemo();
const dist = mkdtempSync(join(tmpdir(), 'stowage-uploader-page-'));
let photo: string;
let server: Server;
beforeAll(async () => {
  await bundleClient(dist);
  photo = (await jpegPhoto({ width: 300, height: 200 })).toString('base64');
  server = createServer((request, response) => {
    const isScript = request.url === '/uploader.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? readFileSync(join(dist, 'uploader.js')) : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(dist, { recursive: true, force: true });
});

/** Empty, but for the built package as a global. */
const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import * as client from '/uploader.js';
  Object.assign(globalThis, { client });
</script>`;

interface OnPage {
  client: typeof import('../../client/src/uploader.ts');
  photo: File;
  uploader: Uploader;
}

/** A page with a photo and an uploader for it, on `globalThis`; `aheadMs` is how wrong its clock is. */
async function open({ formMaxBytes = 4_000_000, stallMs = 40_000, aheadMs = 0 } = {}): Promise<Page> {
  const page = await newPage();
  if (aheadMs !== 0) await page.clock.install({ time: Date.now() + aheadMs });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const { baseUrl, appId, userToken } = cloud().dev;
  const given = { baseUrl, appId, userToken, photo, formMaxBytes, stallMs };
  await page.evaluate((here) => {
    const { createUploader, setupTarget } = (globalThis as unknown as OnPage).client;
    const bytes = Uint8Array.from(atob(here.photo), (char) => char.charCodeAt(0));
    const uploader = createUploader({
      baseUrl: here.baseUrl,
      target: setupTarget(here.appId),
      auth: () => ({ authorization: `Bearer ${here.userToken}` }),
      formMaxBytes: here.formMaxBytes,
      stallMs: here.stallMs,
    });
    Object.assign(globalThis, { uploader, photo: new File([bytes], 'photo.jpg', { type: 'image/jpeg' }) });
  }, given);
  return page;
}

const upload = (page: Page) =>
  page.evaluate(async () => {
    const here = globalThis as unknown as OnPage;
    return (await here.uploader.upload(here.photo)).file;
  });

describe.each([
  ['by form', 4_000_000, '/stage'],
  ['directly', 0, '/incoming/'],
])('an upload %s', (_, formMaxBytes, path) => {
  test('survives four seconds without a line', async () => {
    const page = await open({ formMaxBytes });
    await page.context().setOffline(true);
    const uploading = upload(page);
    await page.waitForTimeout(4000);
    await page.context().setOffline(false);
    expect(await uploading).toMatchObject({ originalName: 'photo.jpg' });
  });

  test('is sent again when nothing moves', async () => {
    const page = await open({ formMaxBytes, stallMs: 4000 });
    let tries = 0;
    await page.route(
      (url) => url.pathname.includes(path),
      (route) => {
        // Preflights are not seen here, so these are the uploads themselves.
        tries += 1;
        return tries > 1 ? route.continue() : undefined;
      },
    );
    expect(await upload(page)).toMatchObject({ originalName: 'photo.jpg' });
    expect(tries).toBe(2);
  });
});

test.each([
  ['fast', 3_600_000],
  ['slow', -3_600_000],
])('a page whose clock is %s by an hour judges links by the clock of the server', async (_, aheadMs) => {
  const page = await open({ aheadMs });
  const { id } = await upload(page);
  let asked = 0;
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().endsWith(id)) asked += 1;
  });
  const shown = await page.evaluate(
    async ([fileId, serverNow]) => {
      const here = globalThis as unknown as OnPage;
      const links = here.client.createLinks({ get: here.uploader.get });
      const first = await links.url(fileId);
      const again = await links.url(fileId);
      const over = { id: 'other', signedUrl: 'over', urlExpiresAt: new Date(serverNow + 5000).toISOString() };
      const late = await links.url(over).catch(({ code }) => code);
      return { same: first === again, late };
    },
    [id, Date.now()] as const,
  );
  expect(shown).toEqual({ same: true, late: 'file_not_found' });
  expect(asked).toBe(1);
});
