import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  callsOf,
  enter,
  fillApp,
  noteDays,
  openAdmin,
  photoForm,
  tabTo,
  violationsOf,
  visit,
} from './admin-support.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let ids: { held: string; waiting: string };
beforeAll(async () => {
  ids = await fillApp(cloud(), 'gallery');
});

const admin = (method: string, path: string, body?: unknown) =>
  callsOf(cloud())(method, path, cloud().dev.adminToken, body);
const drawer = (page: Page) => page.getByRole('dialog');
const rows = (page: Page, table: string) => page.getByRole('table', { name: table }).getByRole('row');

describe('signing in', () => {
  test('takes a token by keyboard, keeps it over a reload in this tab alone, and in no address', async () => {
    const page = await newPage();
    await page.goto(`${cloud().baseUrl}/admin`);
    const field = page.getByLabel('Service token');
    await tabTo(page, field);
    await page.keyboard.insertText(`Bearer ${cloud().dev.adminToken}`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
    expect(page.url()).not.toContain(cloud().dev.adminToken.slice(0, 20));
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('eyJ');
    const other = await page.context().newPage();
    await other.goto(`${cloud().baseUrl}/admin`);
    await other.getByLabel('Service token').waitFor();
    await enter(page, page.getByRole('button', { name: 'Sign out' }));
    await page.getByLabel('Service token').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test.each([
    ['that nobody signed', async () => 'no.such.token', 401],
    ['of a platform', async () => cloud().dev.platformToken, 403],
  ])('with a token %s says why not, with the request to ask about', async (_, token, status) => {
    const page = await newPage();
    await page.goto(`${cloud().baseUrl}/admin`);
    await page.getByLabel('Service token').fill(await token());
    await page.keyboard.press('Enter');
    const alert = page.getByRole('alert');
    await alert.getByText('The token was refused').waitFor();
    expect(await alert.textContent()).toMatch(new RegExp(`HTTP ${status} · request \\S+`));
  });

  test('is asked for again, with the reason, once a token is over', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await page.evaluate(() => sessionStorage.setItem('stowage.admin.token', 'over.and.gone'));
    await page.reload();
    await page.getByText('You were signed out').waitFor();
    await page.getByRole('button', { name: 'Use the demo token' }).click();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();
  });
});

describe('an app', () => {
  test('is found by a part of its id, which the address keeps, and opened by keyboard', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await tabTo(page, page.getByLabel('Search apps'));
    await page.keyboard.type('galL');
    await expect.poll(() => rows(page, 'Apps').count()).toBe(2);
    await expect.poll(() => new URL(page.url()).hash).toBe('#/apps?search=galL');
    await page.reload();
    await page.getByRole('link', { name: 'gallery' }).waitFor();
    expect(await page.getByRole('searchbox', { name: 'Search apps' }).inputValue()).toBe('galL');
    await enter(page, page.getByRole('link', { name: 'gallery' }));
    const heading = page.getByRole('heading', { level: 1, name: 'gallery' });
    await heading.waitFor();
    expect(await heading.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByText('Stored over the last 90 days').waitFor();
    await page.getByText(/^Today: /).waitFor();
  });

  test('shows what it used day by day, to the pointer and to the arrow keys', async () => {
    await admin('PUT', '/admin/extensions/apps/grown/file-storage', { enabled: true });
    await noteDays(cloud(), 'grown', [3 * 2 ** 20, 2 * 2 ** 20, 2 ** 20]);
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/grown');
    const chart = page.getByRole('slider', { name: 'Bytes stored by day' });
    await tabTo(page, chart);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => chart.getAttribute('aria-valuetext')).toMatch(/: 3 MiB$/);
    await page.keyboard.press('Home');
    await expect.poll(() => chart.getAttribute('aria-valuetext')).toMatch(/: 1 MiB$/);
    expect(await chart.getAttribute('aria-valuemax')).toBe('3');
    const box = await chart.boundingBox();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) - 10, (box?.y ?? 0) + 50);
    await expect.poll(() => chart.getAttribute('aria-valuetext')).toMatch(/: 0 B$/);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByText('Staging users').click();
    await page.getByText('No user has anything staged').waitFor();
    expect(page.url()).toContain('by=user');
  });

  test('has tabs that the arrows change, with the focus on them', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery');
    await tabTo(page, page.getByRole('tab', { name: 'Overview' }));
    for (const name of ['Files', 'Keys', 'Settings']) {
      await page.keyboard.press('ArrowRight');
      const tab = page.getByRole('tab', { name });
      await expect.poll(() => tab.getAttribute('aria-selected')).toBe('true');
      expect(await tab.evaluate((element) => element === document.activeElement)).toBe(true);
    }
    expect(new URL(page.url()).hash).toBe('#/apps/gallery/settings');
    await page.goBack();
    await page.getByRole('table', { name: 'Developer keys' }).or(page.getByText('No keys yet')).waitFor();
  });

  test('that no search finds is told from none at all', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps?search=nobody-has-this');
    await page.getByText('No app has “nobody-has-this” in its id').waitFor();
    await visit(page, '#/apps/never-set-up/files', 'never-set-up');
    await page.getByText('No files yet').waitFor();
  });
});

describe('a file', () => {
  test('is searched for by name, and tells what has it, when it goes and what happened', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/files');
    await page.getByLabel('Search files').fill('HELD');
    await expect.poll(() => rows(page, 'Files').count()).toBe(2);
    await enter(page, page.getByRole('link', { name: 'held.jpg' }));
    await drawer(page).getByRole('heading', { name: 'Held by' }).waitFor();
    const told = await drawer(page).textContent();
    expect(told).toContain('Lock lock-42');
    for (const event of ['Created', 'Ready', 'Claimed']) expect(told).toContain(event);
    expect(told).toContain(ids.held);
    const picture = drawer(page).getByRole('img', { name: 'held.jpg' });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
    const [created] = await drawer(page).locator('time').all();
    expect(await created?.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    // A link to it leads back to it.
    await page.reload();
    await drawer(page).getByText('Lock lock-42').first().waitFor();
    await page.keyboard.press('Escape');
    await drawer(page).waitFor({ state: 'hidden' });
    await expect.poll(() => page.url()).not.toContain('file=');
  });

  test('is listed by its state and its user', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/files?state=staged&userId=maria');
    await page.getByRole('link', { name: 'waiting.jpg' }).waitFor();
    expect(await rows(page, 'Files').count()).toBe(2);
    await page.getByRole('combobox', { name: 'State' }).click();
    await page.getByRole('option', { name: 'Deleting' }).click();
    await page.getByText('No file matches').waitFor();
    expect(page.url()).toContain('state=deleting');
  });

  test('is deleted after a word of what will be missing it, and not by a no', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, `#/apps/gallery/files?file=${ids.held}`);
    const begin = page.getByRole('button', { name: 'Delete the file' });
    await enter(page, begin);
    const asked = page.getByRole('dialog', { name: 'Delete held.jpg?' });
    await asked.getByText(/The lock lock-42 shows this file/).waitFor();
    expect(await asked.getByRole('button', { name: 'Cancel' }).evaluate((el) => el === document.activeElement)).toBe(
      true,
    );
    await page.keyboard.press('Enter');
    await asked.waitFor({ state: 'hidden' });
    await enter(page, begin);
    await enter(page, asked.getByRole('button', { name: 'Delete the file' }));
    await page.getByText('held.jpg is deleted.').waitFor();
    await expect.poll(() => page.getByRole('link', { name: 'held.jpg' }).count()).toBe(0);
    const { items } = await admin('GET', '/admin/audit?appId=gallery&limit=1');
    expect(items).toMatchObject([{ action: 'app.file.deleted', by: 'demo-admin', subject: { id: ids.held } }]);
  });

  test('comes with the next ones when more are asked for', async () => {
    const maria = await cloud().sign({ token_use: 'user', sub: 'many' });
    await admin('PUT', '/admin/extensions/apps/long/file-storage', { enabled: true });
    for (let file = 0; file < 7; file += 1) {
      await callsOf(cloud())('POST', '/api/extensions/apps/long/files/stage', maria, await photoForm(`${file}.jpg`));
    }
    const page = await newPage();
    // The same list in pages of one, of which a view asks for five at a time.
    await page.route(/\/apps\/long\/files/, (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('limit', '1');
      return route.continue({ url: url.href });
    });
    await openAdmin(page, cloud().baseUrl, '#/apps/long/files');
    await page.getByText('5 files shown, there are more').waitFor();
    await enter(page, page.getByRole('button', { name: 'Load more' }));
    await page.getByText('7 files shown', { exact: true }).waitFor();
    expect(await rows(page, 'Files').count()).toBe(8);
    expect(await page.getByRole('button', { name: 'Load more' }).count()).toBe(0);
  });
});
