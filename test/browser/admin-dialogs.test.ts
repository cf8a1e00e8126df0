import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoSideways, fillApp, openAdmin, violationsOf, visit } from './admin-support.ts';
import { useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let ids: { held: string };
beforeAll(async () => {
  ids = await fillApp(cloud(), 'gallery');
});

const dialog = (page: Page) => page.getByRole('dialog').last();

describe('what opens over a view', () => {
  test.each([
    ['light', 1280],
    ['dark', 375],
  ] as const)('is accessible in %s colours at %i pixels', async (colorScheme, width) => {
    const page = await newPage({ width });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await openAdmin(page, cloud().baseUrl, '#/apps/gallery/keys');
    const found: string[] = [];
    const look = async (what: string) => {
      found.push(...(await violationsOf(page)).map((violation) => `${what} ${violation}`));
      await expectNoSideways(page, width);
    };

    await page.getByRole('button', { name: 'Create a key' }).click();
    await page.getByLabel('Label').fill(`for ${colorScheme}`);
    await look('the form of a key');
    await page.keyboard.press('Enter');
    await page.getByText('Copy it now').waitFor();
    await look('the key');
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('button', { name: `Revoke for ${colorScheme}` }).click();
    await dialog(page).getByRole('button', { name: 'Cancel' }).waitFor();
    await look('the question before a key is revoked');
    await dialog(page).getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('is revoked').waitFor();
    await look('the word that it is done');

    await visit(page, '#/apps/gallery/settings', 'gallery');
    await page.getByRole('textbox', { name: 'Largest upload' }).fill('1000');
    await page.getByText('Correct what is marked first.').waitFor();
    await look('changes that cannot be saved');
    await page.getByRole('combobox', { name: 'Unit of Largest upload' }).click();
    await page.getByRole('option', { name: 'KiB' }).waitFor();
    await look('the list of units');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard' }).click();

    await visit(page, '#/apps/gallery/files', 'gallery');
    await page.getByRole('combobox', { name: 'State' }).click();
    await page.getByRole('option', { name: 'Staged' }).waitFor();
    await look('the list of states');
    await page.keyboard.press('Escape');

    await visit(page, `#/apps/gallery/files?file=${ids.held}`, 'gallery');
    await page.getByRole('button', { name: 'Delete the file' }).click();
    await page.getByRole('dialog', { name: 'Delete held.jpg?' }).waitFor();
    await look('the question before a file is deleted');
    expect(found).toEqual([]);
  });
});
