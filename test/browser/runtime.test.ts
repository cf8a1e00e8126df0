import type { FrameLocator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { openDemo, pick, useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let photo: Buffer;
beforeAll(async () => {
  photo = await jpegPhoto({ width: 320, height: 240 });
});

const pictures = (frame: FrameLocator) => frame.getByRole('list', { name: 'Pictures' }).getByRole('listitem');
const widthOf = (frame: FrameLocator) =>
  frame
    .getByRole('img')
    .first()
    .evaluate((img: HTMLImageElement) => img.naturalWidth);

/** A saved lock with one picture, and its session open. */
async function openSession(page: Page, name: string): Promise<FrameLocator> {
  const setup = await openDemo(page, cloud().baseUrl);
  await pick(setup, { name, buffer: photo });
  await pictures(setup).filter({ hasText: name }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Saved: 1 picture/).waitFor();
  await page.getByRole('tab', { name: 'Runtime' }).click();
  const running = page.frameLocator('#runtime iframe');
  await pictures(running).filter({ hasText: name }).waitFor();
  return running;
}

describe('a running session', () => {
  test('shows its pictures by signed links that count down', async () => {
    const running = await openSession(await newPage(), 'shown.jpg');
    await expect.poll(() => widthOf(running)).toBe(320);
    const source = await running.getByRole('img').first().getAttribute('src');
    expect(source).toContain('X-Amz-Signature=');
    expect(source?.startsWith(cloud().dev.r2.endpoint)).toBe(true);
    const countdown = running.getByText(/link ends in \d+:\d\d/);
    const before = await countdown.textContent();
    await expect.poll(() => countdown.textContent()).not.toBe(before);
  });

  test('fetches a fresh link when the bucket says that the one it has is over', async () => {
    let refused = 0;
    cloud().faults.r2 = ({ operation }) =>
      operation === 'GetObject' && refused++ === 0 ? { status: 403, code: 'ExpiredRequest' } : undefined;
    const page = await newPage();
    const running = await openSession(page, 'over.jpg');
    await expect.poll(() => widthOf(running)).toBe(320);
    cloud().faults.r2 = undefined;
    expect(refused).toBeGreaterThan(1);
  });

  test('fetches a fresh link before the clock says that the one it has is over', async () => {
    const page = await newPage();
    await page.clock.install();
    const running = await openSession(page, 'clock.jpg');
    const asked = page.locator('#runtime-traffic li', { hasText: 'files.get' });
    expect(await asked.count()).toBe(0);
    await page.clock.fastForward('09:58');
    await expect.poll(() => asked.count()).toBeGreaterThan(0);
    await expect.poll(() => widthOf(running)).toBe(320);
  });

  test('adds and deletes through the backend, and is refused over the bridge with the reason', async () => {
    const page = await newPage();
    const running = await openSession(page, 'first.jpg');
    await running.getByRole('button', { name: 'Try it over the bridge' }).click();
    await running.getByText(/Refused, as it should be: .*backend's to do, with your developer key/).waitFor();

    const added = { name: 'added.jpg', mimeType: 'image/jpeg', buffer: photo };
    await running.getByLabel('Add through the backend').setInputFiles(added);
    await running.getByText('added.jpg is in the session').waitFor();
    await expect.poll(() => pictures(running).count()).toBe(2);

    await running.getByRole('button', { name: 'Cover: added.jpg' }).click();
    const chosen = running.getByRole('button', { name: 'Cover: added.jpg', pressed: true });
    await chosen.waitFor();
    await page.reload();
    await chosen.waitFor();

    await running.getByRole('button', { name: 'Delete added.jpg' }).click();
    await expect.poll(() => pictures(running).count()).toBe(1);
  });

  test('loses its pictures with its lock', async () => {
    const page = await newPage();
    await openSession(page, 'mortal.jpg');
    const objects = () => cloud().requests.r2.DeleteObject ?? 0;
    const before = objects();
    await page.getByRole('tab', { name: 'Administration' }).click();
    await page.getByRole('button', { name: 'Lock deleted' }).click();
    await page.getByText('lock.deleted').waitFor();
    await page.getByRole('button', { name: 'Run what is due' }).click();
    await page.getByText('Ran what was due').waitFor();
    expect(objects()).toBeGreaterThan(before);
    await page.getByRole('tab', { name: 'Runtime' }).click();
    await page.getByText('There is no lock yet').waitFor();
  });
});
