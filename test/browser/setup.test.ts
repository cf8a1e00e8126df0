import type { FrameLocator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { openDemo, pick, useDemo } from './support.ts';

const { cloud, newPage } = useDemo();
let photo: Buffer;
beforeAll(async () => {
  photo = await jpegPhoto({ width: 640, height: 480 });
});

const pictures = (frame: FrameLocator) => frame.getByRole('list', { name: 'Pictures' }).getByRole('listitem');
const named = (frame: FrameLocator, name: string) => pictures(frame).filter({ hasText: name });

async function call(path: string, token: string): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}` };
  return (await (await fetch(cloud().baseUrl + path, { headers })).json()) as Record<string, unknown>;
}

/** What the platform keeps of a saved lock. */
const desk = async (page: Page) =>
  JSON.parse((await page.evaluate(() => localStorage.getItem('stowage.demo'))) ?? '{}') as {
    target: { id: string; sessionId: string };
    config: { images: Record<string, unknown>[] };
  };

const save = async (page: Page) => {
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.getByText(/^Saved: /).waitFor();
};

describe('setting an extension up', () => {
  test('takes pictures by picking, dropping and pasting, shows them, and counts what is staged', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'picked.jpg', buffer: photo });
    await named(setup, 'picked.jpg').waitFor();

    const frame = page.frames().find((candidate) => candidate.url().endsWith('/setup'));
    await frame?.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const carrying = (name: string) => {
        const data = new DataTransfer();
        data.items.add(new File([bytes], name, { type: 'image/jpeg' }));
        return data;
      };
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: carrying('dropped.jpg'), cancelable: true }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carrying('pasted.jpg') }));
    }, photo.toString('base64'));
    await named(setup, 'dropped.jpg').waitFor();
    await named(setup, 'pasted.jpg').waitFor();

    for (const image of await setup.getByRole('img').all()) {
      await image.evaluate((img: HTMLImageElement) => img.decode());
      expect(await image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(640);
    }
    expect(await setup.locator('.shown').first().getAttribute('style')).toContain('data:image/png');
    const { stagedQuota } = await call('/api/extensions/apps/demo-app/files/staged', cloud().dev.userToken);
    const { bytesUsed } = stagedQuota as { bytesUsed: number };
    expect(bytesUsed).toBeGreaterThan(0);
    expect(await setup.locator('#quota').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(bytesUsed);
    expect(await setup.getByText('3 of 3 in the puzzle').isVisible()).toBe(true);
  });

  test('restores what is staged after a reload, and deletes what is not wanted', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    // Staged by the same user in another browser: staged files follow the user.
    await pictures(setup).first().waitFor();
    await pick(setup, { name: 'kept.jpg', buffer: photo });
    await named(setup, 'kept.jpg').waitFor();
    await page.reload();
    await named(setup, 'kept.jpg').waitFor();
    while ((await pictures(setup).count()) > 0) {
      const before = await pictures(setup).count();
      await setup
        .getByRole('button', { name: /^Delete / })
        .first()
        .click();
      await expect.poll(() => pictures(setup).count()).toBe(before - 1);
    }
    await expect.poll(() => setup.locator('#quota-text').textContent()).toMatch(/^0 B of/);
    await page.reload();
    await setup.getByText('0 B of').waitFor();
    expect(await pictures(setup).count()).toBe(0);
  });

  test('says why a file is refused, and goes on', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'notes.jpg', buffer: Buffer.from('not a picture') });
    await setup
      .getByRole('alert')
      .getByText(/takes JPEG/)
      .waitFor();
    await setup.getByRole('button', { name: 'Dismiss notes.jpg' }).click();
    await expect.poll(() => setup.locator('#uploads li').count()).toBe(0);
    expect(await pictures(setup).count()).toBe(0);
  });

  test('claims on save what the puzzle uses, deletes the rest of the draft, and keeps no link', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'used.jpg', buffer: photo }, { name: 'unused.jpg', buffer: photo });
    await named(setup, 'unused.jpg').waitFor();
    await named(setup, 'used.jpg').first().waitFor();
    await named(setup, 'unused.jpg').getByRole('checkbox', { name: 'Use' }).uncheck();
    await setup.getByText('1 of 2 in the puzzle').waitFor();
    await save(page);
    expect(await page.locator('#save-result').textContent()).toBe('Saved: 1 picture claimed, and 1 left over deleted.');

    const { target, config } = await desk(page);
    expect(config.images).toMatchObject([{ provider: 'chastify_storage', title: 'used.jpg' }]);
    expect(JSON.stringify(config)).not.toMatch(/signedUrl|X-Amz-/);
    await named(setup, 'used.jpg').getByText('saved').waitFor();
    expect(await pictures(setup).count()).toBe(1);

    const admin = await call('/admin/extensions/apps/demo-app/file-storage', cloud().dev.adminToken);
    expect(admin).toMatchObject({ usage: { fileCount: 1 } });
    expect(target.sessionId).toMatch(/^session-/);
  });

  test('releases a saved picture that an edited config no longer uses', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'stays.jpg', buffer: photo }, { name: 'goes.jpg', buffer: photo });
    await named(setup, 'stays.jpg').first().waitFor();
    await named(setup, 'goes.jpg').first().waitFor();
    await setup.getByText('2 of 2 in the puzzle').waitFor();
    await save(page);
    await named(setup, 'goes.jpg').getByText('saved').waitFor();
    await named(setup, 'goes.jpg').getByRole('checkbox', { name: 'Use' }).uncheck();
    await setup.getByText('1 of 2 in the puzzle').waitFor();
    await page.getByRole('button', { name: 'Save again' }).click();
    await page.getByText('Saved: 1 picture claimed, and 1 left over deleted.').waitFor();
    await expect.poll(() => pictures(setup).count()).toBe(1);
    expect(await named(setup, 'stays.jpg').count()).toBe(1);
  });

  test('claims a template, keeps it for its clone, and lets it go with the last one', async () => {
    const page = await newPage();
    const setup = await openDemo(page, cloud().baseUrl);
    await pick(setup, { name: 'template.jpg', buffer: photo });
    await named(setup, 'template.jpg').waitFor();
    await page.getByLabel('Save as').selectOption('template');
    await save(page);
    const files = async () => {
      await cloud().drain();
      const { usage } = await call('/admin/extensions/apps/demo-app/file-storage', cloud().dev.adminToken);
      return (usage as { fileCount: number }).fileCount;
    };
    const before = await files();
    await page.getByRole('tab', { name: 'Administration' }).click();
    await page.getByRole('button', { name: 'Template cloned' }).click();
    await page.getByText('lock.cloned').waitFor();
    await page.getByRole('button', { name: 'Template deleted' }).click();
    await page.getByText('template.deleted').waitFor();
    expect(await files()).toBe(before);
    await page.getByRole('button', { name: 'Clone archived' }).click();
    await page.getByText('lock.archived').waitFor();
    await page.getByRole('button', { name: 'Run what is due' }).click();
    await page.getByText('Ran what was due').waitFor();
    expect(await files()).toBe(before - 1);
  });
});

describe('the page', () => {
  test('changes tabs by keyboard, and the address names the tab', async () => {
    const page = await newPage();
    await openDemo(page, cloud().baseUrl);
    await page.getByRole('tab', { name: 'Setup' }).focus();
    await page.keyboard.press('ArrowLeft');
    const admin = page.getByRole('tab', { name: 'Administration' });
    await expect.poll(() => admin.getAttribute('aria-selected')).toBe('true');
    expect(await admin.evaluate((tab) => tab === document.activeElement)).toBe(true);
    expect(new URL(page.url()).hash).toBe('#admin');
    await page.reload();
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
  });

  test.each([320, 390, 1280])('fits a width of %i pixels in every tab', async (width) => {
    const page = await newPage({ width });
    await openDemo(page, cloud().baseUrl);
    for (const name of ['Setup', 'Runtime', 'Administration']) {
      await page.getByRole('tab', { name }).click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  test('lets an administrator change settings, and tells what was refused', async () => {
    const page = await newPage();
    await page.goto(`${cloud().baseUrl}/#admin`);
    const edge = page.getByLabel('Longest edge, pixels');
    await expect.poll(() => edge.inputValue()).toBe('2560');
    await edge.fill('100');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText(/^Saved\. It holds/).waitFor();
    const read = async () =>
      (await call('/admin/extensions/apps/demo-app/file-storage', cloud().dev.adminToken)).settings;
    expect(await read()).toMatchObject({ maxImageEdge: 100 });
    await edge.fill('1');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText(/maxImageEdge/).waitFor();
    expect(await read()).toMatchObject({ maxImageEdge: 100 });
  });

  test('opens under its one name only', async () => {
    const page = await newPage();
    await page.goto(`${cloud().baseUrl.replace('127.0.0.1', 'localhost')}/`);
    expect(page.url()).toBe(`${cloud().baseUrl}/`);
  });
});
