import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { root } from '../docs/pages.ts';
import { openTable } from '../e2e/faults-support.ts';
import { openCloud } from '../e2e/support.ts';
import { openTerminal, type Terminal } from './fixture.ts';

interface Report {
  prefix: string;
  failed: number;
  checks: { name: string; result: string; reason?: string }[];
  left: string[];
}

let opened: Awaited<ReturnType<typeof openCloud>>;
let proxy: ApiProxy;
let terminal: Terminal;
beforeAll(async () => {
  opened = await openCloud();
  proxy = await startProxy(opened.cloud.baseUrl);
  terminal = openTerminal();
});
afterEach(() => {
  opened.cloud.faults.r2 = undefined;
  proxy.fault = () => undefined;
});
afterAll(async () => {
  terminal.close();
  proxy.close();
  await opened.close();
});

const local = () => ({ STOWAGE_LOCAL_DIR: opened.dir });
const all = ['verify', '--profile', 'local'];

/** The report of a run, whatever came out, and how it ended. */
async function verify(args: string[]): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await terminal.run([...args, '--json'], { env: local() });
  return { code, report: JSON.parse(stdout) as Report, stderr };
}
const of = (report: Report, result: string) =>
  report.checks.filter((check) => check.result === result).map(({ name }) => name);

/** Records of a run that stay: neither deleted, nor uploads that nobody put, which go by themselves in a quarter of an hour. */
async function leftOf(prefix: string): Promise<unknown[]> {
  await opened.stowage.drain();
  const table = openTable(opened.cloud);
  const files = await table.files();
  table.close();
  return files.filter(
    (item) => JSON.stringify(item).includes(prefix) && item.deletedAt === undefined && item.state !== 'pending',
  );
}

describe('stowage verify', () => {
  test('finds nothing wrong with the one-machine cloud, and leaves nothing there', async () => {
    const { code, report, stderr } = await verify([...all, '--origin', 'https://app.example.com']);
    expect(of(report, 'failed'), stderr).toEqual([]);
    expect({ code, left: report.left }).toEqual({ code: 0, left: [] });
    // What says why it is not done, and no more than that.
    expect(of(report, 'skipped')).toEqual(['organizations.rows']);
    expect(report.checks.length).toBeGreaterThan(40);
    const appsOf = `/admin/extensions/apps/${report.prefix}/developer-keys`;
    const token = opened.cloud.dev.adminToken;
    expect(await opened.stowage.ok('GET', appsOf, { token })).toEqual({ items: [] });
    expect(await leftOf(report.prefix)).toEqual([]);
  });

  test('sees that the bucket takes nothing, says so at the right checks, and cleans up all the same', async () => {
    opened.cloud.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 500, code: 'InternalError' } : undefined;
    const only = 'extensions.stage,extensions.staged-list,extensions.staged-quota,tokens';
    const { code, report, stderr } = await verify([...all, '--only', only]);
    expect(code).toBe(1);
    expect(stderr).toContain('checks_failed');
    expect(of(report, 'failed')).toEqual(['extensions.stage']);
    expect(report.checks.find(({ name }) => name === 'extensions.stage')?.reason).toMatch(
      /^POST \S+: expected 201, got 503 temporarily_unavailable \(request \S+\)$/,
    );
    expect(of(report, 'skipped')).toEqual(['tokens.cors', 'extensions.staged-list', 'extensions.staged-quota']);
    opened.cloud.faults.r2 = undefined;
    expect(await leftOf(report.prefix)).toEqual([]);
  });

  test('sees that a quota is not enforced, at the check of that quota', async () => {
    proxy.fault = ({ path }) =>
      path.includes('-small/files/presign')
        ? { status: 201, body: '{}', headers: { 'content-type': 'application/json' } }
        : undefined;
    const only = 'extensions.app-quota,extensions.staged-quota';
    const { code, report } = await verify([...all, '--url', proxy.baseUrl, ...signed(), '--only', only]);
    expect(code).toBe(1);
    expect(of(report, 'failed')).toEqual(['extensions.app-quota']);
    expect(JSON.stringify(report)).toContain('expected 409 extension_app_storage_quota_exceeded, got 201');
  });

  test.each([
    [
      'a token that is over',
      'tokens.bad',
      (path: string) => path === '/v1/upload',
      200,
      '{"data":{"count":0,"data":[]}}',
    ],
    ['an unknown path', 'tokens.unknown-path', (path: string) => path === '/v1/no-such-path', 200, '{}'],
  ])('sees that %s is let through', async (_, name, hit, status, body) => {
    proxy.fault = ({ path }) =>
      hit(path) ? { status, body, headers: { 'content-type': 'application/json' } } : undefined;
    const { report } = await verify([...all, '--url', proxy.baseUrl, ...signed(), '--only', name]);
    expect(of(report, 'failed')).toEqual([name]);
  });

  test('does what the tokens it was given allow, and says what the rest would take', async () => {
    const userToken = await opened.stowage.token({ token_use: 'user', sub: 'somebody-real' });
    const { code, report } = await verify(['verify', '--url', opened.cloud.baseUrl, '--user-token', userToken]);
    expect(code).toBe(0);
    expect(of(report, 'passed')).toEqual(
      expect.arrayContaining(['tokens.user', 'uploads.private', 'uploads.public', 'end.uploads']),
    );
    const claim = report.checks.find(({ name }) => name === 'extensions.claim');
    expect(claim).toMatchObject({ result: 'skipped', reason: 'takes --issuer-key or --platform-token' });
    expect(await leftOf(report.prefix)).toEqual([]);
  });

  test('takes away what it made when it is interrupted, and after it when it was killed', async () => {
    const interrupted = await stopped('SIGINT', 'extensions.stage ');
    expect(interrupted).toMatchObject({ code: 1, stderr: expect.stringContaining('interrupted: ') });
    expect(await leftOf(interrupted.prefix)).toEqual([]);

    const killed = await stopped('SIGKILL', 'extensions.stage ');
    expect(await leftOf(killed.prefix)).not.toEqual([]);
    const cleaned = await terminal.run([...all, '--clean-up', killed.prefix], { env: local() });
    expect(cleaned).toMatchObject({ code: 0, stdout: expect.stringContaining(killed.prefix) });
    expect(await leftOf(killed.prefix)).toEqual([]);
    const none = await terminal.run([...all, '--clean-up', 'verify-'], { env: local() });
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('none is left') });
  });

  test.each([
    [['--only', 'nothing'], 'invalid_option'],
    [['--clean-up', 'demo-app'], 'invalid_option'],
    [['--user-token', 'a b'], 'invalid_token'],
    [['--url', 'http://files.example.com', '--user-token', 'x.eyJzdWIiOiJhIn0.y'], 'invalid_url'],
    [['--issuer-key', '/no/such/file', '--issuer', 'i', '--audience', 'a'], 'key_unreadable'],
  ])('refuses %j before anything is sent', async (args, code) => {
    const {
      stdout,
      stderr,
      code: exit,
    } = await terminal.run(['verify', ...args, '--profile', 'local'], { env: local() });
    expect(stdout).toBe('');
    expect(stderr).toContain(code);
    expect(exit).toBeGreaterThan(0);
  });
});

/** What signs tokens for the stage behind the proxy. */
const signed = () => ['--issuer-key', join(opened.dir, 'issuer.json'), '--admin-token', opened.cloud.dev.adminToken];

/** A run that gets a signal once it has told of a check. */
async function stopped(
  signal: NodeJS.Signals,
  check: string,
): Promise<{ code: number; prefix: string; stderr: string }> {
  const env = { ...process.env, ...local() };
  const child = spawn(process.execPath, [join(root, 'cli/src/stowage.ts'), ...all], { env });
  const told = { stdout: '', stderr: '' };
  child.stderr.on('data', (data) => {
    told.stderr += data;
  });
  child.stdout.on('data', (data) => {
    const before = told.stdout.includes(check);
    told.stdout += data;
    if (!before && told.stdout.includes(check)) child.kill(signal);
  });
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
  const prefix = /^verify-[0-9a-f]{10}/.exec(told.stdout)?.[0] ?? '';
  return { code, prefix, stderr: told.stderr };
}
