import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { callsOf, enter, fillApp, openAdmin, tabTo, visit } from './admin-support.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
beforeAll(() => fillApp(cloud(), 'gallery'));

const admin = (method: string, path: string, body?: unknown) =>
  callsOf(cloud())(method, path, cloud().dev.adminToken, body);
const settings = async () =>
  (await admin('GET', '/admin/extensions/apps/gallery/file-storage')).settings as Record<string, unknown>;
const changes = (page: Page) => page.getByRole('region', { name: 'Changes' });

describe('a developer key', () => {
  test('is made by keyboard, shown once, works, and is refused once it is revoked', async () => {
    const page = await newPage();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: cloud().baseUrl });
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/keys');
    await page.getByText('No keys yet').waitFor();
    await enter(page, page.getByRole('button', { name: 'Create a key' }));
    await page.getByLabel('Label').waitFor();
    await page.keyboard.type('nightly backend');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'The key' });
    await dialog.getByText('Copy it now').waitFor();
    const key = `${await dialog.getByTestId('key').textContent()}`;
    expect(key).toMatch(/^sk_/);
    await enter(page, dialog.getByRole('button', { name: 'Copy key' }));
    await dialog.getByRole('button', { name: 'Copied', exact: true }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    // A slip of the finger does not lose it.
    await page.keyboard.press('Escape');
    await dialog.getByText('Copy it now').waitFor();
    await enter(page, dialog.getByRole('button', { name: 'I have copied it' }));
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.content()).not.toContain(key);

    const session = { sub: 'maria', appId: 'gallery', sessionId: 'session-9', lockId: 'lock-9' };
    const main = await cloud().sign({ token_use: 'session', ...session });
    const uses = async () => {
      const path = `/api/extensions/sessions/session-9/files/${'0'.repeat(24)}`;
      const headers = { authorization: `Bearer ${key}`, 'x-chastify-main-token': main };
      return (await fetch(cloud().baseUrl + path, { method: 'DELETE', headers })).status;
    };
    expect(await uses()).toBe(404);
    await enter(page, page.getByRole('button', { name: 'Revoke nightly backend' }));
    const asked = page.getByRole('dialog', { name: 'Revoke “nightly backend”?' });
    await asked.getByText(/is refused within five seconds/).waitFor();
    await enter(page, asked.getByRole('button', { name: 'Revoke' }));
    await page.getByText('No keys yet').waitFor();
    await expect.poll(uses).toBe(401);
  });
});

describe('settings', () => {
  test('are edited in units, told before they are saved, and sent in bytes and seconds', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/settings');
    const largest = page.getByRole('textbox', { name: 'Largest upload' });
    await tabTo(page, largest);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('12.5');
    await page.getByRole('textbox', { name: 'Staged files wait' }).fill('2');
    await changes(page).getByText('2 changes, not saved yet').waitFor();
    expect(await changes(page).getByRole('listitem').allTextContents()).toEqual([
      'Largest upload: 10 MiB → 12.5 MiB',
      'Staged files wait: 1 day → 2 days',
    ]);
    expect(await settings()).toMatchObject({ maxFileBytes: 10_485_760 });
    await enter(page, changes(page).getByRole('button', { name: 'Save' }));
    await page.getByText(/^Saved\./).waitFor();
    await changes(page).waitFor({ state: 'hidden' });
    expect(await settings()).toMatchObject({ maxFileBytes: 13_107_200, stagedTtlSeconds: 172_800 });
    await visit(page, '#/audit', 'Audit');
    await page.getByText('Max file bytes: 10 MiB').first().waitFor();
  });

  test('show the same amount in another unit, which changes nothing', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/settings');
    await page.getByRole('combobox', { name: 'Unit of Room of the app' }).click();
    await page.getByRole('option', { name: 'GiB' }).click();
    expect(await page.getByRole('textbox', { name: 'Room of the app' }).inputValue()).toBe('0.488281');
    expect(await changes(page).count()).toBe(0);
  });

  test('out of their bounds are marked where they stand, and not sent until they are corrected', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/settings');
    const largest = page.getByRole('textbox', { name: 'Largest upload' });
    await largest.fill('101');
    await page.getByText('At most 100 MiB.').waitFor();
    expect(await changes(page).getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Add a copy' }).click();
    await page.getByRole('textbox', { name: 'Name of the copy' }).fill('Thumb');
    await page.getByText('A letter, then a-z, 0-9 and -.').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await changes(page).waitFor({ state: 'hidden' });
    expect(await page.getByRole('textbox', { name: 'Name of the copy' }).count()).toBe(0);
    expect(await largest.inputValue()).not.toBe('101');
  });

  test('of smaller copies and types are saved with the rest', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/settings');
    await page.getByRole('button', { name: 'Add a copy' }).click();
    await page.getByRole('textbox', { name: 'Name of the copy' }).fill('thumb');
    await page.getByRole('combobox', { name: 'Types' }).fill('image/png');
    await page.keyboard.press('Enter');
    await page.getByRole('switch', { name: 'The app may store files' }).press('Space');
    await changes(page).getByText('Smaller copies: none → thumb 320 px').waitFor();
    await changes(page).getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved\./).waitFor();
    const saved = { enabled: false, imagePresets: { thumb: 320 }, allowedMimePrefixes: ['image/', 'image/png'] };
    expect(await settings()).toMatchObject(saved);
  });

  test('of the uploads API hold for all users, in units as well', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl, '#/uploads/settings');
    await page.getByRole('textbox', { name: 'Largest upload' }).fill('200');
    await page.getByRole('textbox', { name: 'Grace period' }).fill('3');
    await changes(page).getByText('Grace period: 1 day → 3 days').waitFor();
    await changes(page).getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved\./).waitFor();
    const { settings: saved } = await admin('GET', '/admin/uploads/settings');
    expect(saved).toMatchObject({ maxFileBytes: 209_715_200, graceSeconds: 259_200 });
  });

  test('of an app that is in no list yet are set by its id', async () => {
    const page = await newPage();
    await openAdmin(page, cloud().baseUrl);
    await enter(page, page.getByRole('button', { name: 'Set an app up' }));
    await page.getByLabel('App id').fill('no spaces');
    await page.getByText(/^Letters, digits and/).waitFor();
    await page.getByLabel('App id').fill('brand-new');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'brand-new' }).waitFor();
    await page.getByRole('switch', { name: 'The app may store files' }).press('Space');
    await changes(page).getByText('Storage: off → on').waitFor();
    await changes(page).getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Saved\./).waitFor();
    await visit(page, '#/apps', 'Apps');
    await page.getByRole('link', { name: 'brand-new' }).waitFor();
  });
});
