import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { fileOf } from '../e2e/expectations.ts';
import { eventually, openCloud, stage, type TestApp, upload } from '../e2e/support.ts';
import { openTerminal, type Terminal } from './fixture.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let terminal: Terminal;
let app: TestApp;
/** Ids by what the file is. */
let ids: { staged: string; claimed: string; session: string };

beforeAll(async () => {
  opened = await openCloud();
  terminal = openTerminal();
  const { stowage } = opened;
  const photo = await jpegPhoto({ width: 64, height: 48 });
  app = await stowage.app({ maxFileBytes: 1_000_000 });
  const claimed = fileOf(await stage(stowage, app, { bytes: photo, name: 'claimed.jpg' }, { purpose: 'board' })).id;
  const target = { type: 'lock', id: app.lockId, sessionId: app.sessionId };
  const json = { userId: app.userId, target, config: { provider: 'chastify_storage', fileId: claimed } };
  await stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { token: opened.cloud.dev.platformToken, json });
  const session = fileOf(await upload(stowage, app, { bytes: photo, name: 'session.jpg' })).id;
  const staged = fileOf(await stage(stowage, app, { bytes: photo, name: 'staged.jpg' }, { draftId: 'draft-1' })).id;
  ids = { staged, claimed, session };
});
afterAll(async () => {
  terminal.close();
  await opened.close();
});

const local = () => ({ STOWAGE_LOCAL_DIR: opened.dir });
const run = (...args: string[]) => terminal.run([...args, '--profile', 'local'], { env: local() });
const json = <T>(...args: string[]) => terminal.json<T>([...args, '--profile', 'local'], local());

interface Listed {
  id: string;
  state: string;
  originalName: string;
  userId: string;
  sessionId: string | null;
  draftId: string | null;
  purpose: string | null;
  holder: { type: string; id: string } | null;
}
const list = (appId: string, ...args: string[]) => json<Listed[]>('files', 'ls', appId, ...args);

describe('stowage files', () => {
  test('lists files of an app, of one state, and no more than asked for', async () => {
    await eventually(async () => expect(await list(app.appId)).toHaveLength(3));
    expect((await list(app.appId, '--state', 'staged')).map(({ id }) => id)).toEqual([ids.staged]);
    expect(await list(app.appId, '--search', 'session.')).toMatchObject([{ id: ids.session }]);
    const { stdout, stderr } = await run('files', 'ls', app.appId, '--limit', '2');
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(stderr).toContain('There are more');
  });

  test('shows all that is recorded of one, and says why it is there', async () => {
    const shown = await json<Listed & { signedUrl: string }>('files', 'show', app.appId, ids.claimed);
    expect(shown).toMatchObject({ id: ids.claimed, state: 'claimed', purpose: 'board' });
    expect((await fetch(shown.signedUrl)).status).toBe(200);
    const { stdout } = await run('files', 'why', app.appId, ids.claimed);
    expect(stdout).toContain(`lock ${app.lockId}`);
    expect(stdout).toMatch(/^goes by holder: /m);
    expect(stdout).toMatch(/^ {2}\d{4}-\S+Z {2}claimed {2}/m);
    const nobody = await run('files', 'why', app.appId, '0'.repeat(24));
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('file_not_found') });
  });

  test('deletes what is named, and says what was deleted before it failed', async () => {
    const [photo, place] = [await jpegPhoto({ width: 32, height: 32 }), await opened.stowage.app()];
    const { id } = fileOf(await upload(opened.stowage, place, { bytes: photo }));
    const { code, stderr } = await run('files', 'rm', place.appId, id, '0'.repeat(24));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(id) });
    expect(stderr).toContain('file_not_found');
    expect(await list(place.appId)).toEqual([]);
  });
});

describe('an app that is moved', () => {
  const folder = () => join(terminal.home, 'moved');
  const moved = () => `${app.appId}-moved`;

  test('is exported with its bytes, and again only as far as it is missing', async () => {
    expect(await json('export', app.appId, '--to', folder())).toMatchObject({ files: 3, fetched: 3, gone: [] });
    const lines = readFileSync(join(folder(), 'files.ndjson'), 'utf8').trim().split('\n');
    const files = lines.map((line) => JSON.parse(line) as { id: string; sha256: string });
    for (const { id, sha256 } of files) {
      const bytes = readFileSync(join(folder(), 'files', id));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    expect(lines.join('')).not.toContain('X-Amz-Signature');
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    // As a kill leaves it: half a line, and bytes that are missing.
    appendFileSync(join(folder(), 'files.ndjson'), '{"id":"half');
    rmSync(join(folder(), 'files', ids.session));
    expect(await json('export', app.appId, '--to', folder())).toMatchObject({ files: 3, fetched: 1 });
    const other = await run('export', `${app.appId}-other`, '--to', folder());
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('another_app') });
  });

  test('comes with its owners, holders and sessions, under new ids that are written down, and once', async () => {
    const first = await json<{ imported: number; failed: unknown[]; log: string }>('import', folder(), '--as', moved());
    expect(first).toMatchObject({ imported: 3, failed: [] });
    await eventually(async () => expect(await list(moved())).toHaveLength(3));
    const of = async (name: string) => (await list(moved())).find(({ originalName }) => originalName === name);
    const { userId, sessionId, lockId } = app;
    const holder = { type: 'lock', id: lockId };
    expect(await of('claimed.jpg')).toMatchObject({ state: 'claimed', userId, sessionId, holder, purpose: 'board' });
    expect(await of('session.jpg')).toMatchObject({ state: 'session', userId, sessionId });
    expect(await of('staged.jpg')).toMatchObject({ state: 'staged', userId, draftId: 'draft-1', sessionId: null });
    const log = readFileSync(first.log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { from: string; to: string });
    expect(log.map(({ from }) => from).toSorted()).toEqual(Object.values(ids).toSorted());
    expect(log.map(({ to }) => to).toSorted()).toEqual((await list(moved())).map(({ id }) => id).toSorted());

    const { maxFileBytes } = await json<{ maxFileBytes: number }>('settings', 'get', moved());
    expect(maxFileBytes).toBe(1_000_000);
    expect(await json('keys', 'list', moved())).toEqual([]);
    expect(await json('import', folder(), '--as', moved())).toMatchObject({ imported: 0, before: 3 });
    // Killed before its line was written, a file is the same file again.
    writeFileSync(first.log, '');
    expect(await json('import', folder(), '--as', moved())).toMatchObject({ imported: 3 });
    expect(await list(moved())).toHaveLength(3);
  });

  test('is not imported with bytes that changed on the way, nor without a key to sign with', async () => {
    const bytes = readFileSync(join(folder(), 'files', ids.staged));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(folder(), 'files', ids.staged), bytes);
    const changed = await run('import', folder(), '--as', `${moved()}-2`);
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining('bytes_changed') });
    const unsigned = await terminal.run(['import', folder(), '--url', opened.cloud.baseUrl, '--admin-token', 'a.b.c']);
    expect(unsigned).toMatchObject({ code: 2, stderr: expect.stringContaining('--issuer-key') });
    const app = readFileSync(join(folder(), 'app.json'), 'utf8');
    for (const appId of ['..', '../../uploads/settings?', '']) {
      writeFileSync(join(folder(), 'app.json'), app.replace(/"appId": "[^"]*"/, `"appId": ${JSON.stringify(appId)}`));
      expect((await run('import', folder())).code, appId).toBe(2);
    }
    writeFileSync(join(folder(), 'app.json'), app);
    const nothing = await run('import', terminal.home);
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('no_export') });
    expect(readdirSync(folder()).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

test('stowage open prints where a stage is administered', async () => {
  const { stdout } = await run('open', '--print');
  expect(stdout).toBe(`${opened.cloud.baseUrl}/admin\n`);
});
