import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { type Integration, integrate } from '../server/fixture.ts';
import { openTerminal, type Terminal } from './fixture.ts';

let world: Integration;
let proxy: ApiProxy;
let appId: string;
beforeAll(async () => {
  world = await integrate();
  proxy = await startProxy(world.stowage.dev.baseUrl);
  ({ appId } = await world.app());
});
afterAll(async () => {
  proxy.close();
  await world.close();
});

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
  proxy.seen.length = 0;
});
afterEach(() => terminal.close());

const secret = () => world.stowage.dev.adminToken;
const set = (name: string, url = world.stowage.dev.baseUrl) =>
  terminal.run(['profiles', 'set', name, '--url', url, '--token-stdin'], { stdin: `${secret()}\n` });
const usage = (args: string[] = [], env = {}) => terminal.run(['usage', appId, ...args], { env });

describe('a profile', () => {
  test('is where commands go, and its file is its owner\u2019s alone', async () => {
    expect(await set('first')).toMatchObject({ code: 0, stdout: '' });
    expect(await usage()).toMatchObject({ code: 0 });
    expect(statSync(terminal.config).mode & 0o777).toBe(0o600);
    const { stdout } = await terminal.run(['profiles', 'list']);
    expect(stdout).toMatch(/^\* +first +http/m);
    expect(stdout).not.toContain(secret());
  });

  test('is chosen by its name, made the current one, and forgotten with its token', async () => {
    await set('first', proxy.baseUrl);
    await set('second');
    expect(await usage(['--profile', 'second'])).toMatchObject({ code: 0 });
    expect(await usage([], { STOWAGE_PROFILE: 'second' })).toMatchObject({ code: 0 });
    expect(proxy.seen).toEqual([]);
    await terminal.run(['profiles', 'use', 'second']);
    await terminal.run(['profiles', 'remove', 'first']);
    expect(await usage()).toMatchObject({ code: 0 });
    expect(proxy.seen).toEqual([]);
    expect(readFileSync(terminal.config, 'utf8')).not.toContain(proxy.baseUrl);
    await terminal.run(['profiles', 'remove', 'second']);
    expect(readFileSync(terminal.config, 'utf8')).not.toContain(secret());
  });

  test('leads to the page that it names, and says where there is none', async () => {
    const at = ['profiles', 'set', 'first', '--url', 'https://files.example.com', '--token-command', 'true'];
    await terminal.run(at);
    expect(await terminal.run(['open'])).toMatchObject({ code: 1, stderr: expect.stringContaining('--admin-url') });
    await terminal.run([...at, '--admin-url', 'https://admin.example.com/']);
    expect(await terminal.run(['open'])).toMatchObject({ code: 0, stdout: 'https://admin.example.com/\n' });
    expect(await terminal.run([...at, '--admin-url', 'http://admin.example.com'])).toMatchObject({ code: 2 });
  });

  test('may have a command that prints its token, whose failure shows nothing that it printed', async () => {
    writeFileSync(join(terminal.home, 'token.txt'), secret());
    const of = (command: string) => [
      'profiles',
      'set',
      'first',
      '--url',
      world.stowage.dev.baseUrl,
      '--token-command',
      command,
    ];
    await terminal.run(of('cat token.txt'));
    expect(await usage()).toMatchObject({ code: 0 });
    await terminal.run(of('cat token.txt; echo "log in first" >&2; exit 3'));
    const { code, stderr } = await usage();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('token_command_failed') });
    expect(stderr).toContain('log in first');
    expect(stderr).not.toContain(secret());
  });

  test('of the running one-machine cloud is there without being made', async () => {
    writeFileSync(join(terminal.home, 'dev.json'), JSON.stringify(world.stowage.dev));
    expect(await usage(['--profile', 'local'], { STOWAGE_LOCAL_DIR: terminal.home })).toMatchObject({ code: 0 });
  });

  test.each(['http://files.example.com', 'ftp://127.0.0.1', 'files.example.com'])('does not go to %s', async (url) => {
    expect(await set('first', url)).toMatchObject({ code: 2, stderr: expect.stringContaining('invalid_url') });
    const env = { STOWAGE_URL: url, STOWAGE_TOKEN: 'token' };
    expect(await usage([], env)).toMatchObject({ code: 2, stderr: expect.stringContaining('invalid_url') });
  });
});

describe('a token', () => {
  test('never goes to the address of another profile or variable', async () => {
    await set('first');
    for (const env of [{ STOWAGE_URL: proxy.baseUrl }, { STOWAGE_TOKEN: 'token' }]) {
      expect(await usage([], env)).toMatchObject({ code: 1, stderr: expect.stringContaining('not_configured') });
    }
    expect(proxy.seen).toEqual([]);
  });

  test('that is refused is told with the code, as JSON where that is asked for', async () => {
    const env = { STOWAGE_URL: world.stowage.dev.baseUrl, STOWAGE_TOKEN: 'expired' };
    const { code, stdout, stderr } = await usage(['--json'], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'unauthorized', requestId: expect.any(String) });
  });
});

test.each([
  ['no stage at all', {}, 'not_configured'],
  ['a profile that is not there', { STOWAGE_PROFILE: '__proto__' }, 'no_such_profile'],
])('says what is missing: %s', async (_, env, code) => {
  expect(await usage([], env)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^${code}: `)),
  });
});

test('says where a file of profiles is no JSON', async () => {
  await set('first');
  writeFileSync(terminal.config, '{');
  expect(await usage()).toMatchObject({ code: 1, stderr: expect.stringContaining(terminal.config) });
});
