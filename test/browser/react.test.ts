import path from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '#test/docs/pages.ts';
import type { StowageUpload } from '../../client/src/react.ts';
import { useBrowser } from './support.ts';

/** The hooks in React's StrictMode, over an uploader whose uploads end when the test says so. */
const { newPage } = useBrowser();

const program = `
import { createElement, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { useStowageFiles, useStowageUpload } from './client/src/react.ts';

const here = { renders: 0, told: [], sent: [], lists: 0, kept: new Set() };
const uploader = {
  upload: (file, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      here.sent.push({ signal, onProgress, done: () => resolve({ file: { id: 'stored' } }) });
    }),
  async list() {
    here.lists += 1;
    return { items: [{ id: 'one', urlExpiresAt: new Date(Date.now() + 600_000).toISOString() }] };
  },
};
function Uploads({ onUnmount, name }) {
  here.renders += 1;
  here.uploads = useStowageUpload({ uploader, onUnmount, onUploaded: () => here.told.push(name) });
  here.files = useStowageFiles(uploader);
  const { add, cancel, cancelAll, retry, remove } = here.uploads;
  for (const one of [add, cancel, cancelAll, retry, remove]) here.kept.add(one);
  return here.uploads.files.map(({ id, name, state }) => createElement('p', { key: id }, name + ' ' + state));
}
const app = (props) => createElement(StrictMode, null, createElement(Uploads, props));
const app2 = createRoot(document.body);
here.render = (props) => app2.render(app(props));
here.unmount = () => app2.unmount();
here.html = renderToString(app({}));
Object.assign(globalThis, { here });
`;

interface Here {
  renders: number;
  told: string[];
  sent: { signal: AbortSignal; onProgress(progress: object): void; done(): void }[];
  lists: number;
  kept: Set<unknown>;
  uploads: StowageUpload;
  html: string;
  render(props: object): void;
  unmount(): void;
}

let script = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: path.join(root), loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"development"' },
    logLevel: 'silent',
  });
  script = outputFiles[0]?.text ?? '';
});

async function open(props: object): Promise<Page> {
  const page = await newPage();
  await page.addScriptTag({ content: script });
  await page.evaluate((given) => (globalThis as unknown as { here: Here }).here.render(given), props);
  await page.waitForFunction(() => (globalThis as unknown as { here: Here }).here.lists > 0);
  await page.evaluate(() => {
    const { here } = globalThis as unknown as { here: Here };
    // How often React begins anew before it shows anything is its own affair.
    here.kept.clear();
    here.uploads.add([new File(['bytes'], 'one.jpg')]);
  });
  await page.getByText('one.jpg uploading').waitFor();
  return page;
}

describe('the hooks', () => {
  test('upload once in StrictMode, call what the newest render gave, and keep their functions', async () => {
    const page = await open({ name: 'first' });
    const seen = await page.evaluate(() => {
      const { here } = globalThis as unknown as { here: Here };
      here.render({ name: 'second' });
      return { sent: here.sent.length, aborted: here.sent[0]?.signal.aborted };
    });
    expect(seen).toEqual({ sent: 1, aborted: false });
    await page.waitForTimeout(100);
    await page.evaluate(() => (globalThis as unknown as { here: Here }).here.sent[0]?.done());
    await page.getByText('one.jpg uploaded').waitFor();
    const after = await page.evaluate(() => {
      const { here } = globalThis as unknown as { here: Here };
      return { told: here.told, html: here.html, kept: here.kept.size };
    });
    expect(after).toEqual({ told: ['second'], html: '', kept: 5 });
  });

  test.each([
    ['cancel', true, []],
    ['continue', false, ['the page']],
  ] as const)(
    'with onUnmount "%s" a component that goes leaves its upload so, and renders no more',
    async (onUnmount, aborted, told) => {
      const page = await open({ onUnmount, name: 'the page' });
      const seen = await page.evaluate(async () => {
        const { here } = globalThis as unknown as { here: Here };
        here.unmount();
        await new Promise((resolve) => setTimeout(resolve, 50));
        const { renders } = here;
        here.sent[0]?.onProgress({ sentBytes: 1, totalBytes: 2 });
        here.sent[0]?.done();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { aborted: here.sent[0]?.signal.aborted, told: here.told, further: here.renders - renders };
      });
      expect(seen).toEqual({ aborted, told, further: 0 });
    },
  );
});
