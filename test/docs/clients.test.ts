import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asUser, openStowage, type TestApp } from '#test/e2e/support.ts';
import { pngPhoto } from '#test/support/images.ts';
import { bundle, recipesOf } from './recipes.ts';
import { asShown, onAndroid, onIos, ReactNativeFormData, type Wire } from './wire.ts';

/** The recipes of docs/clients.md that need no browser; those of Uppy and FilePond run in `test/browser/clients.test.ts`. */
let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
let photo: Buffer;
const folder = mkdtempSync(join(tmpdir(), 'stowage-clients-'));
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), pngPhoto({ width: 60, height: 40 })]);
  writeFileSync(join(folder, 'photo.png'), photo);
});
afterAll(async () => {
  await stowage.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  app = await stowage.app();
});

const around = () => ({ api: stowage.dev.baseUrl, app: app.appId, token: app.userToken });

interface Staged {
  id: string;
  originalName: string;
  purpose: string | null;
}
async function staged(): Promise<Staged[]> {
  return ((await stowage.ok('GET', `${app.setup}/staged`, asUser(app))) as { items: Staged[] }).items;
}

/** Runs a block in Node, in a folder with a photo, and gives what it printed. */
async function run(block: string): Promise<string> {
  const program = join(folder, 'recipe.mjs');
  writeFileSync(program, `globalThis.around = ${JSON.stringify(around())};\n${await bundle(block, 'node')}`);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { cwd: folder });
  return stdout + stderr;
}

describe('with axios', () => {
  it.each([
    ['by form', 0],
    ['directly', 1],
  ])('a picture is stored %s', async (_, index) => {
    const printed = await run(recipesOf('axios')[index] ?? '');
    const [file, ...more] = await staged();
    expect(more).toEqual([]);
    expect(file).toMatchObject({ originalName: 'photo.png', purpose: 'puzzle-image' });
    expect(printed).toContain(`stored ${file?.id}`);
  });

  it('the progress and the reason of a refusal are told', async () => {
    const [form = ''] = recipesOf('axios');
    expect(await run(form)).toMatch(/\d+ of \d+/);
    app = { ...app, userToken: 'expired' };
    expect(await run(form)).toMatch(/^unauthorized .+ [\w-]+$/m);
  });
});

/** Sends a form as it is, as the user. */
async function send({ contentType, body }: Wire): Promise<Response> {
  const headers = { authorization: `Bearer ${app.userToken}`, 'content-type': contentType };
  return await fetch(`${stowage.dev.baseUrl}${app.setup}/stage`, {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
}

describe('with React Native', () => {
  const [block = ''] = recipesOf('React Native');

  /** Runs the block with React Native's `FormData`, whose native side writes the bytes that `fetch` sends. */
  async function runNative(native: ReturnType<typeof onIos>): Promise<{ printed: string[]; wire: Wire }> {
    const printed: string[] = [];
    let wire: Wire = { contentType: '', body: Buffer.alloc(0) };
    const names = {
      ...around(),
      photo: { uri: 'file:///photo.jpg' },
      key: `key-${app.appId}`,
      FormData: ReactNativeFormData,
      console: { log: (line: string) => printed.push(line) },
      async fetch(url: string, options: { headers: Record<string, string>; body: ReactNativeFormData }) {
        wire = native(options.body, (uri) => (uri === 'file:///photo.jpg' ? photo : Buffer.alloc(0)));
        const headers = { ...options.headers, 'content-type': wire.contentType };
        return await fetch(url, { method: 'POST', headers, body: new Uint8Array(wire.body) });
      },
    };
    const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
    await AsyncFunction(...Object.keys(names), block)(...Object.values(names));
    return { printed, wire };
  }

  it.each([
    ['iOS', onIos('Zb3mK_x-Q.7vT1sYw0hRcJ2dLfNgPqUaEoIiBtXeVkDzCyMnHrGjFlSuWpOA5694-_.8x')],
    [
      'an old iOS, whose boundaries have slashes',
      onIos(`/Zb3mK_x-Q./7vT1sYw0hRcJ2dLfNgPqUaEoIiBtXeVkDzCyMnHrGjFlSuWpOA5694-_.`),
    ],
    ['Android', onAndroid],
  ])('a picture is stored on %s', async (_, native) => {
    const { printed, wire } = await runNative(native);
    expect(wire.body.toString('latin1')).toMatch(
      /content-disposition: form-data; name="file"; filename="photo.jpg"\r\n/,
    );
    const [file, ...more] = await staged();
    expect(more).toEqual([]);
    expect(file).toMatchObject({ originalName: 'photo.jpg', purpose: 'puzzle-image' });
    expect(printed).toEqual([`stored ${file?.id}`]);
  });
});

describe('with .NET', () => {
  const [shown = ''] = recipesOf('.NET', 'http');
  const place = '<the bytes of a.png>';

  it('a picture is stored by the form that the page shows', async () => {
    const wire = asShown(shown, place, photo);
    expect(wire.contentType).toMatch(/boundary="[\w-]+"$/);
    expect((await send(wire)).status).toBe(201);
    expect(await staged()).toMatchObject([{ originalName: 'a.png', purpose: 'puzzle-image' }]);
  });

  it('a name beyond ASCII arrives, as encoded words and in filename*', async () => {
    const name = `filename="=?utf-8?B?${Buffer.from('Straße.png').toString('base64')}?="; filename*=utf-8''Stra%C3%9Fe.png`;
    const wire = asShown(shown.replace(/filename=a\.png.*/, name), place, photo);
    expect((await send(wire)).status).toBe(201);
    expect(await staged()).toMatchObject([{ originalName: 'Straße.png' }]);
  });

  it('the code names what the form shows', () => {
    const [code = ''] = recipesOf('.NET', 'csharp');
    for (const text of ['"purpose"', '"puzzle-image"', '"file"', '"a.png"']) expect(code).toContain(text);
  });
});
