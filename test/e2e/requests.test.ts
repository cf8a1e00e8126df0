import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, expectFile, fileOf } from './expectations.ts';
import {
  type Answer,
  asBackend,
  asPage,
  asUser,
  formOf,
  openStowage,
  stage,
  type TestApp,
  titled,
  upload,
} from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
  app = await stowage.app();
});
afterAll(() => stowage.close());

/** A request whose path is sent as it is written: `fetch` tidies dots away. */
async function raw(method: string, path: string, token: string): Promise<Answer> {
  const { hostname, port } = new URL(stowage.dev.baseUrl);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { authorization: `Bearer ${token}`, 'x-chastify-main-token': app.sessionToken };
  const sent = request({ hostname, port, method, path, headers }, async (response) => {
    const text = (await response.toArray()).join('');
    const answered = new Headers({ 'content-type': response.headers['content-type'] ?? '' });
    resolve({ status: response.statusCode ?? 0, headers: answered, body: JSON.parse(text || '{}') });
  });
  sent.on('error', reject).end();
  return await promise;
}

describe('purpose and draftId', () => {
  it.each(titled(['puzzle-image', 'a', 'A.b_c:d@e|f-1', 'x'.repeat(128)]))('may be %s', async (_, value) => {
    const file = fileOf(await stage(stowage, app, { bytes: photo }, { purpose: value, draftId: value }));
    expect(file).toMatchObject({ purpose: value, draftId: value });
    await stowage.ok('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
  });

  it.each(
    titled(['has space', 'a#b', 'a/b', '../x', 'ü', '<b>', ' ']).map(
      ([title, value]) => [title, 'draftId', value] as const,
    ),
  )('"%s" is no %s', async (_, field, value) => await refused(field, value));

  it.each([
    ['draftId', 'x'.repeat(129)],
    ['purpose', 'x'.repeat(129)],
    ['purpose', ' '],
  ])('a %s that is too long or blank is refused', refused);

  async function refused(field: string, value: string): Promise<void> {
    const details = { issues: [{ path: `body.${field}`, message: expect.any(String) }] };
    expectError(await stage(stowage, app, { bytes: photo }, { [field]: value }), 400, 'validation_failed', details);
    const query = new URLSearchParams({ [field]: value });
    const listed = await stowage.call('GET', `${app.setup}/staged?${query}`, asUser(app));
    const path = `query.${field}`;
    expectError(listed, 400, 'validation_failed', { issues: [{ path, message: expect.any(String) }] });
  }

  it('a purpose is text, in the words of the extension', async () => {
    const purpose = 'Rätselbild – 3 von 9';
    const file = fileOf(await stage(stowage, app, { bytes: photo }, { purpose }));
    expect(file).toMatchObject({ purpose });
    const listed = await stowage.ok(
      'GET',
      `${app.setup}/staged?${new URLSearchParams({ purpose, draftId: '' })}`,
      asUser(app),
    );
    expect(listed).toMatchObject({ items: [{ id: file.id }] });
    await stowage.ok('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
  });

  it('whoever signs in by an address with a plus stores and reads as anybody else', async () => {
    const as = { ...app, userToken: await stowage.token({ token_use: 'user', sub: 'ann+test@example.com' }) };
    const file = fileOf(await stage(stowage, as, { bytes: photo }));
    expect((await fetch(file.signedUrl)).status).toBe(200);
    expect(await stowage.ok('GET', `${app.setup}/staged`, asUser(as))).toMatchObject({ items: [{ id: file.id }] });
    const body = formOf({ bytes: Buffer.from('notes'), name: 'a.txt', type: 'text/plain' });
    const stored = (await stowage.ok('POST', '/v1/upload', { token: as.userToken, body })) as { data: { url: string } };
    expect(await (await fetch(stored.data.url)).text()).toBe('notes');
  });

  it('left empty are as if they were not sent', async () => {
    const file = fileOf(await stage(stowage, app, { bytes: photo }, { purpose: '', draftId: '' }));
    expect(file).toMatchObject({ purpose: null, draftId: null });
  });
});

describe('the name of a file', () => {
  it.each([
    ['Ünïcødé 写真 🧩.png', 'Ünïcødé 写真 🧩.png'],
    ['../../etc/passwd.png', 'passwd.png'],
    ['C:\\Users\\me\\a.png', 'a.png'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['a"b.png', 'a"b.png'],
    ['..', 'file'],
    [`${'x'.repeat(400)}.png`, `${'x'.repeat(251)}.png`],
  ])('%j is kept as %j', async (name, kept) => {
    const file = fileOf(await upload(stowage, app, { bytes: photo, name }));
    expectFile(file, { originalName: kept });
    expect(new URL(file.signedUrl).pathname).toMatch(/\/extensions\/[0-9a-f]+\.webp$/);
  });
});

describe('an id in a path', () => {
  const bad = [
    '..%2f..%2fadmin',
    '%2e%2e',
    '..%5c',
    'a%23b',
    '%00',
    "'%20OR%201=1",
    '%F0%9F%A7%A9',
    '%',
    '1'.repeat(5000),
  ];

  it.each(titled(bad))('that is no file id (%s) is not found', async (_, id) => {
    for (const method of ['GET', 'DELETE']) {
      expectError(await raw(method, `${app.files}/${id}`, app.key), 404, 'file_not_found');
    }
    expectError(await raw('GET', `${app.setup}/${id}`, app.userToken), 404, 'file_not_found');
  });

  it.each(titled(bad))('that is no session (%s) is not found', async (_, id) => {
    expectError(await raw('GET', `/api/extensions/sessions/${id}/files`, app.sessionToken), 404, 'not_found');
  });

  it.each(titled(bad).filter(([id]) => id !== '%2e%2e'))('that is no app (%s) is refused', async (_, id) => {
    const setup = await raw('GET', `/api/extensions/apps/${id}/files/staged`, app.userToken);
    expectError(setup, 400, 'validation_failed', { issues: [{ path: 'params.appId', message: expect.any(String) }] });
    const settings = await raw('GET', `/admin/extensions/apps/${id}/file-storage`, stowage.dev.adminToken);
    expectError(settings, 400, 'validation_failed');
  });

  it('cannot climb out of its place', async () => {
    const path = `/api/extensions/sessions/${app.sessionId}/../../../../admin/extensions/apps/${app.appId}/file-storage`;
    expect((await raw('GET', path, stowage.dev.adminToken)).status).toBe(404);
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'once-1' };
  const other = () => jpegPhoto({ width: 50, height: 50 });

  it('makes a repeated upload the same file, whatever its boundary', async () => {
    const own = await stowage.app();
    const first = await upload(stowage, own, { bytes: photo }, { headers: key });
    const again = await upload(stowage, own, { bytes: photo }, { headers: key });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(fileOf(again)).toMatchObject({ id: fileOf(first).id, uploadedAt: fileOf(first).uploadedAt });
    expect((await upload(stowage, own, { bytes: photo })).status).toBe(201);
    expect(((await stowage.ok('GET', own.files, asPage(own))) as { items: unknown[] }).items).toHaveLength(2);
  });

  it('stores one file when ten retries arrive at once', async () => {
    const own = await stowage.app();
    const sent = Array.from({ length: 10 }, () => upload(stowage, own, { bytes: photo }, { headers: key }));
    const answers = await Promise.all(sent);
    const stored = answers.filter(({ status }) => status === 201);
    for (const answer of answers) if (answer.status !== 201) expectError(answer, 409, 'request_in_progress');
    expect(new Set(stored.map((answer) => fileOf(answer).id)).size).toBe(1);
    expect(((await stowage.ok('GET', own.files, asPage(own))) as { items: unknown[] }).items).toHaveLength(1);
  });

  it('stands for one content', async () => {
    const own = await stowage.app();
    await upload(stowage, own, { bytes: photo }, { headers: key });
    const changed = await upload(stowage, own, { bytes: await other() }, { headers: key });
    expectError(changed, 422, 'idempotency_key_reused');
    const fields = await upload(stowage, own, { bytes: photo }, { headers: key, fields: { purpose: 'a' } });
    expectError(fields, 422, 'idempotency_key_reused');
  });

  it("is one caller's: another session may use the same", async () => {
    const [one, two] = [await stowage.app(), await stowage.app()];
    const first = fileOf(await upload(stowage, one, { bytes: photo }, { headers: key }));
    const second = fileOf(await upload(stowage, two, { bytes: await other() }, { headers: key }));
    expect(second.id).not.toBe(first.id);
  });

  it('of a file that is deleted brings nothing back', async () => {
    const own = await stowage.app();
    const { id } = fileOf(await upload(stowage, own, { bytes: photo }, { headers: key }));
    await stowage.ok('DELETE', `${own.files}/${id}`, asBackend(own));
    expectError(await upload(stowage, own, { bytes: photo }, { headers: key }), 404, 'file_not_found');
  });

  it.each(titled(['x'.repeat(256), 'has space', 'ü']))('may not be "%s"', async (_, value) => {
    const answer = await upload(stowage, app, { bytes: photo }, { headers: { 'idempotency-key': value } });
    expectError(answer, 400, 'validation_failed');
  });
});
