import { setTimeout as sleep } from 'node:timers/promises';
import type { FrameLocator, Page } from 'playwright-core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { openDemo, pick, useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let photo: Buffer;
beforeAll(async () => {
  photo = await jpegPhoto({ width: 320, height: 240 });
});

const pictures = (frame: FrameLocator) => frame.getByRole('list', { name: 'Pictures' }).getByRole('listitem');

async function setEnabled(enabled: boolean): Promise<void> {
  const answer = await fetch(`${cloud().baseUrl}/admin/extensions/apps/demo-app/file-storage`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${cloud().dev.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ enabled }),
  });
  expect(answer.status).toBe(200);
  // Each function keeps the settings it read for a second here, and the next upload may be another one's.
  await sleep(1100);
}

/** Lets a file go over the page, and tells whether the browser would have opened it. */
const dropOn = (page: Page) =>
  page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'stray.png', { type: 'image/png' }));
    return document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true, bubbles: true }));
  });

/** Lets the windows of the page hear each other late, as on a slow machine. */
const hearLate = (page: Page) =>
  page.addInitScript(() => {
    const add = window.addEventListener.bind(window) as (type: string, heard: (event: Event) => void) => void;
    window.addEventListener = (type: string, listener: unknown) => {
      const heard = listener as (event: Event) => void;
      add(type, type === 'message' ? (event) => setTimeout(() => heard(event), 500) : heard);
    };
  });

describe('the demo follows its own advice:', () => {
  test('where storage is off the drop zone says so, and what was saved is shown still', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'saved.jpg', buffer: photo });
    await pictures(setup).filter({ hasText: 'saved.jpg' }).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^Saved: /).waitFor();
    onTestFinished(() => setEnabled(true));
    await setEnabled(false);
    await page.reload();
    const off = page.frameLocator('#setup iframe');
    await off.getByText('New pictures are off here').waitFor();
    expect(await off.locator('#pick').isDisabled()).toBe(true);
    await pictures(off).filter({ hasText: 'saved.jpg' }).getByRole('img').waitFor();
  });

  test('what was taken out of the puzzle is out of it after a reload', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'unticked.jpg', buffer: photo });
    await pictures(setup).filter({ hasText: 'unticked.jpg' }).getByRole('checkbox').uncheck();
    await page.reload();
    const again = page.frameLocator('#setup iframe');
    const box = pictures(again).filter({ hasText: 'unticked.jpg' }).getByRole('checkbox');
    await box.waitFor();
    expect(await box.isChecked()).toBe(false);
  });

  test('a picture that is chosen before the extension has met its platform is taken when it has', async () => {
    const page = await newPage();
    await hearLate(page);
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'early.jpg', buffer: photo });
    await pictures(setup).filter({ hasText: 'early.jpg' }).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/^Saved: /).waitFor();
    await page.getByRole('tab', { name: 'Runtime' }).click();
    const running = page.frameLocator('#runtime iframe');
    await running
      .getByLabel('Add through the backend')
      .setInputFiles({ name: 'added-early.jpg', mimeType: 'image/jpeg', buffer: photo });
    await pictures(running).filter({ hasText: 'added-early.jpg' }).waitFor();
  });

  test('a picture that misses the frame is not opened in place of the page', async () => {
    const page = await newPage();
    await openDemo(page, cloud().baseUrl);
    // A dropped file is opened unless the event is cancelled.
    expect(await dropOn(page)).toBe(false);
    await page.getByText('Drop pictures on the extension').waitFor();
  });

  test('the reference is dark where everything is, and signs in with tokens of the demo', async () => {
    const page = await newPage();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${cloud().baseUrl}/docs`);
    await page.locator('.opblock-summary-path').first().waitFor();
    expect(await page.locator('html').getAttribute('class')).toContain('dark-mode');
    await page.getByRole('button', { name: 'Use demo tokens' }).click();
    await page.getByText('Signed in as demo-user').waitFor();
    await page.locator('.opblock-summary-path[data-path="/admin/uploads/settings"]').first().click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status').filter({ hasText: '200' }).waitFor();
  });
});
