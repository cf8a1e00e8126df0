/** Folders and stages that are not what they say: what `stowage import` and `export` do with those of somebody else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { startProxy } from '../client/proxy.ts';
import { root } from '../docs/pages.ts';
import { openCloud, stage } from '../e2e/support.ts';
import { openTerminal, type Terminal } from './fixture.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let terminal: Terminal;
let photo: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  opened = await openCloud();
  terminal = openTerminal();
  photo = new Uint8Array(await jpegPhoto({ width: 64, height: 48 }));
});
afterAll(async () => {
  terminal.close();
  await opened.close();
});

const local = () => ({ STOWAGE_LOCAL_DIR: opened.dir });
const run = (...args: string[]) => terminal.run([...args, '--profile', 'local'], { env: local() });
const json = <T>(...args: string[]) => terminal.json<T>([...args, '--profile', 'local'], local());
/** As in names of files in the folder. */
const host = () => new URL(opened.cloud.baseUrl).host.replace(':', '_');
const list = (app: string) => json<{ id: string; holder: object | null }[]>('files', 'ls', app);
const settings = (app: string) => json<{ enabled: boolean; maxFileBytes: number }>('settings', 'get', app);

const fileId = '65f0c0ffee65f0c0ffee65f0';
let made = 0;

/** An export of one file, as anybody may write one by hand. */
function folderOf(file: object = {}, appSettings: object = { enabled: true }) {
  made += 1;
  const [appId, dir] = [`given-${made}-${process.pid}`, join(terminal.home, `given-${made}`)];
  mkdirSync(join(dir, 'files'), { recursive: true });
  const createdAt = '2026-01-01T00:00:00.000Z';
  writeFileSync(
    join(dir, 'app.json'),
    JSON.stringify({ format: 1, appId, exportedAt: createdAt, settings: appSettings }),
  );
  const kept = { id: fileId, state: 'staged', originalName: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: photo.length };
  const whose = { userId: 'user-1', sessionId: null, holder: null, purpose: null, draftId: null, createdAt };
  const sha256 = createHash('sha256').update(photo).digest('hex');
  writeFileSync(join(dir, 'files.ndjson'), `${JSON.stringify({ ...kept, ...whose, sha256, ...file })}\n`);
  writeFileSync(join(dir, 'files', fileId), photo);
  return { appId, dir, log: join(dir, `imported-${host()}-${appId}.ndjson`) };
}

type Given = ReturnType<typeof folderOf>;

describe('a folder of somebody else', () => {
  const places: [string, (given: Given) => string][] = [
    ['the log of an import', ({ log }) => log],
    ["an import's note", ({ dir, appId }) => join(dir, `import-${host()}-${appId}.json`)],
    ['the list of files', ({ dir }) => join(dir, 'files.ndjson')],
    ['app.json', ({ dir }) => join(dir, 'app.json')],
    ["a file's bytes", ({ dir }) => join(dir, 'files', fileId)],
  ];

  test.each(places)('has nothing read or written through a link in place of %s', async (_, place) => {
    const given = folderOf();
    const file = place(given);
    const outside = join(terminal.home, `outside-${given.appId}`);
    // Good for what it stands in for, with a half line after it: as it was, a target was cut there.
    const content = `${existsSync(file) ? readFileSync(file, 'latin1') : '{}\n'}export LAST=1`;
    writeFileSync(outside, content, 'latin1');
    rmSync(file, { force: true });
    symlinkSync(outside, file);
    const { code, stderr } = await run('import', given.dir);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('not_a_file') });
    expect(readFileSync(outside, 'latin1')).toBe(content);
    expect(await settings(given.appId)).toMatchObject({ enabled: false });
  });

  test('adds to no file that has another name elsewhere', async () => {
    const { dir, appId, log } = folderOf();
    const outside = join(terminal.home, 'profile');
    writeFileSync(outside, 'export A=1\n');
    linkSync(outside, log);
    expect(await run('import', dir)).toMatchObject({ code: 2, stderr: expect.stringContaining('not_a_file') });
    expect(readFileSync(outside, 'utf8')).toBe('export A=1\n');
    expect(await settings(appId)).toMatchObject({ enabled: false });
  });

  test('is exported into neither through a link, nor over an app.json of another program', async () => {
    const { appId } = await opened.stowage.app();
    const [linked = '', outside = '', other = ''] = ['linked', 'outside', 'expo'].map((name) =>
      join(terminal.home, name),
    );
    for (const dir of [linked, outside, other]) mkdirSync(dir);
    symlinkSync(outside, join(linked, 'files'));
    const through = await run('export', appId, '--to', linked);
    expect(through).toMatchObject({ code: 2, stderr: expect.stringContaining('not_a_file') });
    rmSync(join(linked, 'files'));
    writeFileSync(join(outside, 'profile'), 'export A=1\n');
    symlinkSync(join(outside, 'profile'), join(linked, 'app.json.part'));
    expect(await json('export', appId, '--to', linked)).toMatchObject({ files: 0 });
    expect(readFileSync(join(outside, 'profile'), 'utf8')).toBe('export A=1\n');
    writeFileSync(join(other, 'app.json'), '{"expo":{}}');
    expect(await run('export', appId, '--to', other)).toMatchObject({ code: 2 });
    expect(readFileSync(join(other, 'app.json'), 'utf8')).toBe('{"expo":{}}');
  });

  test('keeps what an earlier run left of a line, and has the next on a line of its own', async () => {
    const { dir, log } = folderOf();
    writeFileSync(log, '{"from":"half');
    const half = `${readFileSync(join(dir, 'files.ndjson'), 'utf8')}{"id":"half`;
    writeFileSync(join(dir, 'files.ndjson'), half);
    expect(await json('import', dir)).toMatchObject({ imported: 1 });
    expect(readFileSync(join(dir, 'files.ndjson'), 'utf8')).toBe(half);
    expect(readFileSync(log, 'utf8')).toMatch(new RegExp(`^\\{"from":"half\\n\\{"from":"${fileId}",.*\\}\\n$`));
  });

  test('has of a holder no more than type and id written down', async () => {
    const { dir, appId, log } = folderOf({ state: 'claimed', holder: { type: 'lock', id: 'lock-1', x: '$(reboot)' } });
    expect(await json('import', dir)).toMatchObject({ imported: 1 });
    expect((JSON.parse(readFileSync(log, 'utf8')) as { holder: object }).holder).toEqual({
      type: 'lock',
      id: 'lock-1',
    });
    expect(await list(appId)).toMatchObject([{ holder: { type: 'lock', id: 'lock-1' } }]);
    const odd = folderOf({ holder: { type: 'lock', id: '../x' } });
    expect(await json('import', odd.dir)).toMatchObject({ imported: 0 });
  });

  test('steers no terminal by a line that is none', async () => {
    const { dir } = folderOf();
    writeFileSync(join(dir, 'files.ndjson'), '\u001b]0;title\u0007\n{"id":"\u001b[31m"}\n');
    const { stderr } = await run('import', dir);
    expect(stderr).toContain('2 lines of files.ndjson');
    expect(stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('an app that is there already', () => {
  const large = { enabled: true, maxFileBytes: 100 * 1024 * 1024 };

  test('is left as it is, whatever the folder says was imported before, unless that is asked for', async () => {
    const { dir, log } = folderOf({}, large);
    const [limited, filled] = [`limited-${process.pid}`, await opened.stowage.app()];
    await json('settings', 'set', limited, 'maxFileBytes=1MB');
    await stage(opened.stowage, filled, { bytes: photo });
    for (const [app, what] of [
      [limited, 'settings'],
      [filled.appId, 'files and settings'],
    ] as const) {
      const before = [await settings(app), await list(app)];
      const { code, stderr } = await run('import', dir, '--as', app);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(`^app_exists: .* has ${what} of`) });
      const note = JSON.stringify({ enabled: true, seal: 'mine' });
      writeFileSync(join(dir, `import-${host()}-${app}.json`), note);
      expect(await run('import', dir, '--as', app)).toMatchObject({ code: 1 });
      const logOf = join(dir, `imported-${host()}-${app}.ndjson`);
      writeFileSync(logOf, `${JSON.stringify({ from: fileId, to: '0'.repeat(24) })}\n`);
      const forged = await run('import', dir, '--as', app, '--into-existing');
      expect(forged).toMatchObject({ code: 1, stderr: expect.stringContaining('foreign_log') });
      writeFileSync(logOf, '');
      expect([await settings(app), await list(app)]).toEqual(before);
    }
    expect(await json('import', dir, '--as', limited, '--into-existing')).toMatchObject({ imported: 1 });
    expect(await settings(limited)).toMatchObject(large);
    expect(await json('import', dir, '--as', limited)).toMatchObject({ imported: 0, before: 1 });
    expect(existsSync(log)).toBe(false);
  });

  test('has storage off again after a run that was killed while it was on', async () => {
    const { dir, appId } = folderOf();
    const proxy = await startProxy(opened.cloud.baseUrl);
    const { adminToken } = opened.cloud.dev;
    const as = ['--url', proxy.baseUrl, '--admin-token', adminToken, '--issuer-key', join(opened.dir, 'issuer.json')];
    const args = ['import', dir, '--keep-settings', ...as];
    await new Promise<void>((resolve) => {
      const command = [join(root, 'cli/src/stowage.ts'), ...args];
      const killed = execFile(process.execPath, command, { cwd: terminal.home }, () => resolve());
      proxy.fault = ({ path }) => {
        if (!path.endsWith('/stage')) return undefined;
        killed.kill('SIGKILL');
        return 'cut';
      };
    });
    expect(await settings(appId)).toMatchObject({ enabled: true });
    proxy.fault = () => undefined;
    expect(await terminal.json(args)).toMatchObject({ imported: 1 });
    expect(await settings(appId)).toMatchObject({ enabled: false });
    // What is decided after it, a run that comes later does not undo.
    await json('settings', 'set', appId, 'enabled=true');
    expect(await terminal.json(args)).toMatchObject({ imported: 0, before: 1 });
    proxy.close();
    expect(await settings(appId)).toMatchObject({ enabled: true });
  });
});

describe('a stage that answers what is no id of a file', () => {
  const item = { id: '../../ESCAPED', appId: 'x', state: 'staged', originalName: 'n', mimeType: 'image/png' };
  const rest = { sizeBytes: 5, userId: 'u', sessionId: null, holder: null, purpose: null, draftId: null };
  const file = { ...item, ...rest, createdAt: '2026-01-01T00:00:00.000Z', urlExpiresAt: '2030-01-01T00:00:00.000Z' };

  test.each([
    ['in its list', '../../ESCAPED', '../../ESCAPED'],
    ['for a file of its list', fileId, '../../ESCAPED'],
    ['for a file of its list, and it is that of another', fileId, `0${fileId.slice(1)}`],
  ])('%s has no bytes written', async (_, listed, shown) => {
    const { appId } = await opened.stowage.app();
    const proxy = await startProxy(opened.cloud.baseUrl);
    const answer = (body: object) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    proxy.fault = ({ path }) => {
      if (path === '/bytes') return { status: 200, body: '12345' };
      if (/\/files\?/.test(path)) return answer({ items: [{ ...file, id: listed }] });
      if (!/\/files\//.test(path)) return undefined;
      return answer({ file: { ...file, id: shown, signedUrl: `${proxy.baseUrl}/bytes` }, why: {} });
    };
    const env = { STOWAGE_URL: proxy.baseUrl, STOWAGE_TOKEN: opened.cloud.dev.adminToken };
    const place = join(terminal.home, `from-${appId}`);
    mkdirSync(place);
    const { code, stderr } = await terminal.run(['export', appId, '--to', join(place, 'in/folder')], { env });
    proxy.close();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('unexpected_answer') });
    const written = readdirSync(place, { recursive: true }).map(String);
    expect(written.filter((name) => !/^in(\/folder(\/files|\/app\.json)?)?$/.test(name))).toEqual([]);
    if (listed !== fileId) expect(written).toEqual([]);
  });
});
