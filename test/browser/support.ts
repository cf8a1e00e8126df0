/** The one-machine cloud and a real Chromium for one test file. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type FrameLocator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { startDemo } from '#demo/server.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';

/** Longest the cloud may take to start, milliseconds: a machine may be busy with other suites. */
const startMs = 180_000;

/** Longest a page may take to show something, milliseconds; ends before its test does, so that it is said what was missed. */
const showMs = 120_000;

/** Debian's; another one by `CHROMIUM_PATH`. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A Chromium that gives fresh profiles. A page error or a message of a broken policy fails the test. */
export function useBrowser() {
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const troubles: string[] = [];

  beforeAll(async () => {
    if (!existsSync(executablePath)) throw new Error(`No Chromium at ${executablePath}: apt-get install chromium`);
    browser = await chromium.launch({ executablePath, headless: true, args: flags });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(troubles.splice(0)).toEqual([]);
  });

  return {
    /** A page of a new profile, on a phone's width when asked. */
    async newPage({ width = 1280, height = 900 } = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width, height } });
      context.setDefaultTimeout(showMs);
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => troubles.push(error.message));
      page.on('console', (message) => {
        if (/Content Security Policy|Uncaught/.test(message.text())) troubles.push(message.text());
      });
      return page;
    },
  };
}

/** The same with a whole one-machine cloud, whose pages it opens. */
export function useDemo() {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-browser-'));
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await startCloud({ dir, startPages: startDemo });
  }, startMs);
  afterAll(async () => {
    await cloud.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { ...useBrowser(), cloud: () => cloud };
}

/** The demo page with its setup open. */
export async function openDemo(page: Page, baseUrl: string): Promise<FrameLocator> {
  await page.goto(`${baseUrl}/`);
  const setup = page.frameLocator('#setup iframe');
  await setup.getByRole('heading', { name: 'Puzzle pictures' }).waitFor();
  return setup;
}

/** Picks files in the extension's setup. */
export async function pick(setup: FrameLocator, ...files: { name: string; buffer: Buffer; mimeType?: string }[]) {
  const given = files.map((file) => ({ mimeType: 'image/jpeg', ...file }));
  await setup.getByLabel('Choose pictures to upload').setInputFiles(given);
}
