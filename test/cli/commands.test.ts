import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProxy } from '../client/proxy.ts';
import { type Integration, integrate, sessionOf } from '../server/fixture.ts';
import { openTerminal, type Terminal } from './fixture.ts';

let world: Integration;
let terminal: Terminal;
/** An administrator's variables. */
let admin: Record<string, string>;
beforeAll(async () => {
  world = await integrate();
  terminal = openTerminal();
  const { baseUrl, adminToken } = world.stowage.dev;
  admin = { STOWAGE_URL: baseUrl, STOWAGE_TOKEN: adminToken };
  writeFileSync(join(terminal.home, 'dev.json'), JSON.stringify(world.stowage.dev));
});
afterAll(async () => {
  terminal.close();
  await world.close();
});

const local = () => ({ STOWAGE_LOCAL_DIR: terminal.home });

describe('stowage keys', () => {
  test('makes a key that works, lists it without its secret, and revokes it', async () => {
    const app = await world.app();
    const made = await terminal.run(['keys', 'create', app.appId, '--label', 'from the terminal'], { env: admin });
    expect(made).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^sk_${app.appId}_[\\w-]{43}\n$`)),
    });
    const session = sessionOf(world, { ...app, key: made.stdout.trim() });
    expect(await session.capabilities()).toMatchObject({ enabled: true });

    const listed = await terminal.run(['keys', 'list', app.appId], { env: admin });
    expect(listed.stdout).toMatch(/^id +label +created\n/);
    expect(listed.stdout).toContain('from the terminal');
    expect(listed.stdout).not.toContain(made.stdout.trim());

    const items = await terminal.json<{ keyId: string; label: string }[]>(['keys', 'list', app.appId], admin);
    const keyId = items.find(({ label }) => label === 'from the terminal')?.keyId ?? '';
    expect(made.stderr).toContain(keyId);
    expect(await terminal.json(['keys', 'revoke', app.appId, keyId], admin)).toMatchObject({ keyId, revoked: true });
    expect(await terminal.json<object[]>(['keys', 'list', app.appId], admin)).toHaveLength(1);
  });

  test('lets no label steer the terminal', async () => {
    const app = await world.app();
    const proxy = await startProxy(world.stowage.dev.baseUrl);
    const label = '\u001b[2Jgone';
    const items = [{ keyId: 'key-1', appId: app.appId, label, createdAt: '2026-01-01T00:00:00.000Z' }];
    proxy.fault = () => ({ status: 200, body: JSON.stringify({ items }) });
    const { stdout } = await terminal.run(['keys', 'list', app.appId], {
      env: { ...admin, STOWAGE_URL: proxy.baseUrl },
    });
    proxy.close();
    expect(stdout).toContain('?[2Jgone');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('stowage settings', () => {
  test('changes what is named, in units of people, and shows all', async () => {
    const { appId } = await world.app();
    const changes = [
      'maxFileBytes=20MB',
      'allowedMimePrefixes=image/png,image/webp',
      'enabled=false',
      'maxImageEdge=1024',
      'imagePresets={"thumb":320}',
    ];
    const changed = await terminal.json(['settings', 'set', appId, ...changes], admin);
    const expected = {
      maxFileBytes: 20 * 1024 * 1024,
      allowedMimePrefixes: ['image/png', 'image/webp'],
      enabled: false,
    };
    expect(changed).toMatchObject({ ...expected, maxImageEdge: 1024, imagePresets: { thumb: 320 } });
    expect((await world.admin.storage.get(appId)).settings).toEqual(changed);
    const { stdout } = await terminal.run(['settings', 'get', appId], { env: admin });
    expect(stdout).toMatch(/^maxFileBytes +20971520 +20 MB$/m);
    expect(stdout).toMatch(/^imagePresets +\{"thumb":320\}$/m);
  });

  test('has those of the uploads API, too', async () => {
    const { graceSeconds } = await world.admin.uploads.get();
    const set = ['settings', 'set', '--uploads', `graceSeconds=${graceSeconds}`];
    expect(await terminal.json(set, admin)).toEqual(await terminal.json(['settings', 'get', '--uploads'], admin));
  });

  test('tells which setting the API refuses, and why', async () => {
    const { appId } = await world.app();
    const { code, stderr } = await terminal.run(['settings', 'set', appId, 'maxImageEdge=-1x'], { env: admin });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^validation_failed: .+\n {2}body\.maxImageEdge: .+\n {2}request \S+\n$/);
  });

  test('lets no refusal steer the terminal, and tells it as JSON where that is asked for', async () => {
    const proxy = await startProxy(world.stowage.dev.baseUrl);
    const words = { message: '\u001b]0;title\u0007x', requestId: '\u001b[31mid' };
    const details = { issues: [{ path: '\u001b[32m', message: '\u009b2J' }] };
    const body = JSON.stringify({ status: 'error', code: 'validation_failed', ...words, details });
    proxy.fault = () => ({ status: 400, headers: { 'content-type': 'application/json' }, body });
    const env = { ...admin, STOWAGE_URL: proxy.baseUrl };
    const { code, stderr } = await terminal.run(['usage', 'puzzle'], { env });
    const asJson = await terminal.run(['usage', 'puzzle', '--json'], { env });
    proxy.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'validation_failed: ?]0;title?x\n  ?[32m: ?2J\n  request ?[31mid\n',
    });
    expect(JSON.parse(asJson.stderr)).toEqual({ code: 'validation_failed', ...words, details });
    expect(asJson.stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ['set', 'puzzle'],
    ['set', 'puzzle', 'enabled'],
    ['set', 'puzzle', 'imagePresets={'],
    ['set', 'puzzle', 'enabled=true', 'enabled=false'],
    ['set', 'enabled=true'],
    ['get'],
    ['get', 'puzzle', '--uploads'],
    ['get', 'puzzle', 'more'],
    ['gte', 'puzzle'],
  ])('are not asked for by: %s %s %s %s', async (...words) => {
    const { code, stdout, stderr } = await terminal.run(['settings', ...words], { env: admin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });
});

test('stowage usage shows how full an app is', async () => {
  const app = await world.app({ maxBytesPerApp: 1024 * 1024 });
  await app.stage();
  const { stdout } = await terminal.run(['usage', app.appId], { env: admin });
  expect(stdout).toMatch(/^\[[#.]{20}\] [\d.]+ % [\d.]+ (bytes|kB) of 1 MB in 1 files\n$/);
  expect(await terminal.json(['usage', app.appId], admin)).toMatchObject({ usage: { fileCount: 1 } });
});

describe('stowage reconcile', () => {
  test('changes nothing unless told, and follows the cursors to the end', async () => {
    const [dry] = await terminal.json<{ dryRun: boolean; complete: boolean }[]>(['reconcile'], admin);
    expect(dry).toMatchObject({ dryRun: true });
    const reports = await terminal.json<{ dryRun: boolean; complete: boolean }[]>(['reconcile', '--fix'], admin);
    expect(reports.at(-1)).toMatchObject({ dryRun: false, complete: true });
  });

  test('goes on by the cursor, and fails with the reason where something stopped it', async () => {
    const proxy = await startProxy(world.stowage.dev.baseUrl);
    const whole = await world.admin.reconcile({ dryRun: true });
    const stopped = [{ reason: 'too_many_orphans', message: 'Find the cause.', confirm: 'seen-it' }];
    const pages = [
      { ...whole, complete: false, cursor: 'next' },
      { ...whole, stopped },
    ];
    proxy.fault = () => ({ status: 200, body: JSON.stringify(pages.shift()) });
    const { code, stdout, stderr } = await terminal.run(['reconcile'], {
      env: { ...admin, STOWAGE_URL: proxy.baseUrl },
    });
    proxy.close();
    expect(proxy.seen).toHaveLength(2);
    expect(code).toBe(1);
    expect(stdout).not.toBe('');
    expect(stderr).toContain('too_many_orphans: Find the cause.\n  to have it done: --fix --confirm seen-it');
  });
});

describe('stowage token', () => {
  test.each([
    ['user', 'userToken'],
    ['session', 'sessionToken'],
    ['platform', 'platformToken'],
    ['admin', 'adminToken'],
    ['developer-key', 'developerKey'],
  ] as const)('prints that of the %s', async (kind, name) => {
    const { stdout } = await terminal.run(['token', kind], { env: local() });
    expect(stdout).toBe(`${world.stowage.dev[name]}\n`);
  });

  test('makes one for a session that is named', async () => {
    const app = await world.app();
    const where = ['--user', app.userId, '--app', app.appId, '--session', app.sessionId, '--lock', app.lockId];
    const { token } = await terminal.json<{ token: string }>(['token', 'session', ...where], local());
    expect(await sessionOf(world, { ...app, sessionToken: token }).capabilities()).toMatchObject({ enabled: true });
  });

  test('refuses what says nothing of that kind, and says where there is no such stage', async () => {
    const refused = await terminal.run(['token', 'admin', '--lock', 'lock-1'], { env: local() });
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('invalid_option') });
    const nowhere = await terminal.run(['token', 'user']);
    expect(nowhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no_dev_stage') });
  });
});
