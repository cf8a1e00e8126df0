import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { CDPSession, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openStowage } from '#test/e2e/support.ts';
import { jpegPhoto } from '#test/support/images.ts';
import type { StagedList } from '../../client/src/types.ts';
import { type ExampleName, startExample } from '../../examples/server.ts';
import { useBrowser } from './support.ts';

/** The pages of `examples/`, as a person uses them, on the one-machine cloud that suites share. */
const { newPage } = useBrowser();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const running: Awaited<ReturnType<typeof startExample>>[] = [];
let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  stowage = await openStowage();
  photo = await jpegPhoto({ width: 1200, height: 900 });
});
afterEach(async () => {
  for (const example of running.splice(0)) example.close();
  for (const { id } of (await staged()).items) await stowage.ok('DELETE', `${files()}/staged/${id}`, asUser());
});
afterAll(() => stowage.close());

const files = () => `/api/extensions/apps/${stowage.dev.appId}/files`;
const asUser = () => ({ token: stowage.dev.userToken });
const staged = async () => (await stowage.ok('GET', `${files()}/staged`, asUser())) as StagedList;

const storedAs = async (name: string) => (await staged()).items.filter(({ originalName }) => originalName === name);

async function open(name: ExampleName, query = ''): Promise<Page> {
  const example = await startExample(name, stowage.dev);
  running.push(example);
  const page = await newPage();
  await page.goto(`${example.url}${query}`);
  await page.locator('input[type=file]:enabled').waitFor({ state: 'attached' });
  return page;
}

const picture = (name: string, buffer = photo) => ({ name, mimeType: 'image/jpeg', buffer });

/** Picks files however the page offers it. */
async function choose(page: Page, ...given: ReturnType<typeof picture>[]): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(given);
}

const item = (page: Page, name: string): Locator => page.getByRole('listitem').filter({ hasText: name });

const lines = new WeakMap<Page, Promise<CDPSession>>();

/** From now on the line takes so many bytes a second; 0 for as many as it can. */
async function slow(page: Page, uploadThroughput: number): Promise<void> {
  // A second session would not lift what the first one says.
  const opened = lines.get(page) ?? page.context().newCDPSession(page);
  lines.set(page, opened);
  const line = await opened;
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: uploadThroughput || -1 };
  await line.send('Network.emulateNetworkConditions', conditions);
}

/** The next upload is refused with these words, the one after it is not. */
async function refuseOnce(page: Page, message: string): Promise<void> {
  const isUpload = ({ pathname }: URL) => /\/files\/(stage|presign)$/.test(pathname);
  let left = 1;
  await page.route(isUpload, async (route) => {
    if (route.request().method() !== 'POST' || left-- <= 0) return await route.continue();
    const body = JSON.stringify({ status: 'error', code: 'extension_file_storage_disabled', message, requestId: 'r' });
    const headers = { 'access-control-allow-origin': '*', 'content-type': 'application/json' };
    return await route.fulfill({ status: 403, headers, body });
  });
}

const pages = [
  ['react', ''],
  ['element', ''],
  ['uppy', ''],
  ['uppy', '?by=direct'],
  ['uppy', '?by=form'],
] as const;

describe.each(pages)('the example %s%s', (name, query) => {
  test('uploads pictures, shows how far they are, and shows them', async () => {
    const page = await open(name, query);
    await slow(page, photo.length / 3);
    await choose(page, picture('one.jpg'));
    await item(page, 'one.jpg')
      .getByText(/^[1-9]\d? ?%$/)
      .waitFor();
    await slow(page, 0);
    await item(page, 'one.jpg')
      .getByText(/^uploaded$/i)
      .waitFor();
    await page.getByRole('img', { name: 'one.jpg' }).waitFor();
    await expect
      .poll(() => page.getByRole('img', { name: 'one.jpg' }).evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    expect(await storedAs('one.jpg')).toMatchObject([{ purpose: 'example', draftId: null }]);
  });

  test('cancels an upload, and keeps nothing of it', async () => {
    const page = await open(name, query);
    await slow(page, photo.length / 20);
    await choose(page, picture('late.jpg'));
    await item(page, 'late.jpg')
      .getByText(/^[1-9]\d? ?%$/)
      .waitFor();
    const ended = page.waitForEvent('requestfailed');
    await item(page, 'late.jpg').getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => item(page, 'late.jpg').getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    await ended;
    // What had arrived all the same would be there by then.
    await page.waitForTimeout(1000);
    await expect.poll(async () => (await staged()).stagedQuota).toMatchObject({ bytesUsed: 0, fileCount: 0 });
  });

  test('says why an upload failed, and tries it again', async () => {
    const page = await open(name, query);
    await refuseOnce(page, 'Storage is turned off.');
    await choose(page, picture('one.jpg'));
    await page.getByText('Storage is turned off.').first().waitFor();
    await item(page, 'one.jpg').getByRole('button', { name: 'Try again' }).click();
    await item(page, 'one.jpg')
      .getByText(/^uploaded$/i)
      .waitFor();
    expect(await storedAs('one.jpg')).toMatchObject([{ originalName: 'one.jpg' }]);
  });

  test('explains that a file is too large, and sends nothing of it', async () => {
    const page = await open(name, query);
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') sent.push(request.url());
    });
    await choose(page, picture('big.jpg', Buffer.alloc(5_000_001)));
    await page
      .getByText(/big\.jpg.*(exceeds|too large)|at most 5 MB are taken/i)
      .first()
      .waitFor();
    expect(sent).toEqual([]);
  });
});

describe('the element', () => {
  /** What axe-core complains of, as `rule: element`. */
  async function complaints(page: Page): Promise<string[]> {
    // Past the page's policy, which lets no script in but its own.
    await page.evaluate(axe);
    const run = () => (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run();
    const { violations } = await page.evaluate(run);
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }
  interface Violation {
    id: string;
    nodes: { html: string }[];
  }

  const focused = (page: Page) =>
    page.evaluate(() => {
      const button = document.querySelector('stowage-upload')?.shadowRoot?.activeElement;
      const of = button?.closest('li')?.querySelector('.name')?.textContent ?? '';
      return `${button?.textContent} ${of}`.trim();
    });

  test('is used by keyboard alone, which never loses its place', async () => {
    const page = await open('element');
    await slow(page, photo.length / 4);
    const chooser = page.waitForEvent('filechooser');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Choose files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([picture('one.jpg'), picture('two.jpg')]);
    await item(page, 'one.jpg').getByText('%').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Cancel one.jpg');
    await page.keyboard.press('Enter');
    await item(page, 'one.jpg').getByText('Cancelled').waitFor();
    await expect.poll(() => focused(page)).toBe('Try again one.jpg');
    await page.keyboard.press('Space');
    await expect.poll(() => focused(page)).toBe('Cancel one.jpg');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Cancel two.jpg');
    await slow(page, 0);
    await item(page, 'one.jpg').getByText('Uploaded').waitFor();
    await item(page, 'two.jpg').getByText('Uploaded').waitFor();
    await expect.poll(() => focused(page)).toBe('Dismiss two.jpg');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('Dismiss one.jpg');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('Choose files');
  });

  test.each(['light', 'dark'] as const)('has nothing that axe-core complains of in %s colours', async (colorScheme) => {
    const page = await open('element');
    await page.emulateMedia({ colorScheme });
    expect(await complaints(page)).toEqual([]);
    await choose(
      page,
      picture('one.jpg'),
      picture('none.jpg', Buffer.from('no picture')),
      picture('big.jpg', Buffer.alloc(5_000_001)),
    );
    await item(page, 'one.jpg').getByText('Uploaded').waitFor();
    await item(page, 'none.jpg').getByText('takes JPEG, PNG').waitFor();
    await slow(page, photo.length / 20);
    await choose(page, picture('slow.jpg'));
    await item(page, 'slow.jpg').getByText('%').waitFor();
    expect(await complaints(page)).toEqual([]);
  });

  test('reads out what became of a file', async () => {
    const page = await open('element');
    await choose(page, picture('one.jpg'));
    await page.getByRole('status').getByText('one.jpg: Uploaded').waitFor();
  });

  test('takes dropped files of its kind, and speaks another language', async () => {
    const page = await open('element');
    await page.evaluate((bytes) => {
      const element = document.querySelector('stowage-upload');
      if (!element) throw new Error('There is no element');
      element.texts = { chooseFiles: 'Dateien wählen', uploaded: 'Hochgeladen' };
      const dataTransfer = new DataTransfer();
      const data = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
      dataTransfer.items.add(new File([data], 'one.jpg', { type: 'image/jpeg' }));
      dataTransfer.items.add(new File(['text'], 'notes.txt', { type: 'text/plain' }));
      const zone = element.shadowRoot?.querySelector('.dropzone');
      zone?.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, photo.toString('base64'));
    await page.getByRole('button', { name: 'Dateien wählen' }).waitFor();
    await item(page, 'one.jpg').getByText('Hochgeladen').waitFor();
    await item(page, 'notes.txt').getByText('This kind of file is not taken here.').waitFor();
  });
});
