import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLong } from '#test/support/long.ts';
import { writeAdmin } from '../../admin/build.ts';
import { enter, expectNoSideways, fillApp, openAdmin, violationsOf, visit } from './admin-support.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let ids: { held: string };
beforeAll(async () => {
  ids = await fillApp(cloud(), 'gallery');
  const path = `${cloud().baseUrl}/admin/extensions/apps/gallery/developer-keys`;
  const headers = { authorization: `Bearer ${cloud().dev.adminToken}`, 'content-type': 'application/json' };
  await fetch(path, { method: 'POST', headers, body: JSON.stringify({ label: 'production backend' }) });
});

/** Every view: its address, its heading, and a sign that it is filled. */
const views = (): [string, string, string | RegExp][] => [
  ['#/apps', 'Apps', /\d+ apps? shown/],
  ['#/apps/gallery', 'gallery', /^Today: /],
  ['#/apps/gallery/files', 'gallery', '2 files shown'],
  [`#/apps/gallery/files?file=${ids.held}`, 'gallery', 'What happened'],
  ['#/apps/gallery/keys', 'gallery', 'production backend'],
  ['#/apps/gallery/settings', 'gallery', 'Smaller copies'],
  ['#/apps/gallery/audit', 'gallery', /entries shown/],
  ['#/uploads', 'Uploads', 'Whose files?'],
  ['#/uploads?user=nobody', 'Uploads', 'This user stores nothing'],
  ['#/uploads/settings', 'Uploads', 'Grace period'],
  ['#/organizations', 'Organizations', 'Which organization?'],
  ['#/reconcile', 'Reconcile', 'Reports of the last 30 days'],
  ['#/dead-letters', 'Dead letters', /^What a worker could not do/],
  ['#/audit', 'Audit', /entries shown/],
  ['#/health', 'Health', 'The stage is well'],
  ['#/elsewhere', 'No such page', 'There is nothing at this address'],
];

describe('every view', () => {
  // Colours and widths have nothing to do with each other: what one of them breaks shows in either of two.
  test.each([
    ['light', 1280],
    ['dark', 375],
    ...(isLong
      ? ([
          ['dark', 1280],
          ['light', 375],
        ] as const)
      : []),
  ] as const)('is accessible in %s colours and no wider than %i pixels', async (colorScheme, width) => {
    const page = await newPage({ width });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${cloud().baseUrl}/admin`);
    await page.getByRole('button', { name: 'Use the demo token' }).waitFor();
    const found = [await violationsOf(page)];
    await openAdmin(page, cloud().baseUrl);
    for (const [hash, heading, sign] of views()) {
      await page.keyboard.press('Escape');
      await visit(page, hash, heading);
      await page.getByText(sign).first().waitFor();
      found.push((await violationsOf(page)).map((violation) => `${hash} ${violation}`));
      await expectNoSideways(page, width);
    }
    expect(found.flat()).toEqual([]);
  });

  test('is dark where somebody chose it, and still after a reload', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
    expect(await scheme()).toBe('light');
    const button = page.getByRole('button', { name: /^Colour scheme/ });
    await button.click();
    await button.click();
    await expect.poll(scheme).toBe('dark');
    await page.reload();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    expect(await scheme()).toBe('dark');
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe('rgb(19, 22, 23)');
  });

  test('is reached by keyboard from the navigation, and has the focus then', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    for (const name of ['Uploads', 'Organizations', 'Health', 'Reconcile', 'Dead letters', 'Audit', 'Apps']) {
      await enter(page, page.getByRole('navigation').getByRole('link', { name }));
      const heading = page.getByRole('heading', { level: 1, name });
      await expect.poll(() => heading.evaluate((element) => element === document.activeElement)).toBe(true);
    }
  });

  test('is reached from the menu of a phone', async () => {
    const page = await newPage({ width: 375, height: 812 });
    await openAdmin(page, cloud().baseUrl);
    await page.getByRole('button', { name: 'Navigation' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Health' }).click();
    await page.getByRole('heading', { level: 1, name: 'Health' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  test('begins with a way past the navigation', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await page.reload();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  });
});

describe('as static files', () => {
  let folder: string;
  let host: Server;
  let origin: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stowage-admin-'));
    await writeAdmin(folder, { apiUrl: cloud().baseUrl, filesOrigins: [cloud().dev.r2.endpoint] });
    const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
    // A host that knows nothing but files, in a folder of its own and without any header.
    host = createServer((request, response) => {
      const name = `${request.url}`.replace('/deep/', '') || 'index.html';
      response.writeHead(200, { 'content-type': types[name.split('.')[1] ?? ''] ?? 'image/svg+xml' });
      response.end(readFileSync(join(folder, name)));
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    host.close();
    host.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it works from another origin than the API, and asks no third one for anything', async () => {
    const page = await newPage();
    const origins = new Set<string>();
    page.on('request', (request) => {
      const { protocol, origin: asked } = new URL(request.url());
      if (protocol.startsWith('http')) origins.add(asked);
    });
    await page.goto(`${origin}/deep/#/apps/gallery/files`);
    expect(await page.getByRole('button', { name: 'Use the demo token' }).count()).toBe(0);
    await page.getByLabel('Service token').fill(cloud().dev.adminToken);
    await page.keyboard.press('Enter');
    const row = page.getByRole('row', { name: /held\.jpg/ });
    await row.waitFor();
    const loaded = () => row.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(loaded).toBe(320);
    const { endpoint } = cloud().dev.r2;
    expect([...origins].sort()).toEqual([origin, cloud().baseUrl, new URL(endpoint).origin].sort());
  });

  test('it stays under 250 kB over the wire, and allows no inline code', () => {
    const sizes = ['index.html', 'admin.js', 'admin.css'].map(
      (name) => gzipSync(readFileSync(join(folder, name))).length,
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
    for (const name of ['index.html', '_headers']) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect(text).toContain("default-src 'none'");
      expect(text).not.toMatch(/unsafe-|\bblob:|\*;/);
    }
    expect(readFileSync(join(folder, '_headers'), 'utf8')).toContain("frame-ancestors 'none'");
  });
});
