import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import type { DevFile } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { fileOf } from './expectations.ts';
import { asBackend, asPage, asUser, connect, pathsOf, upload } from './support.ts';

const dir = mkdtempSync(join(tmpdir(), 'stowage-npm-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) endGroup(child);
  rmSync(dir, { recursive: true, force: true });
});

/** npm and everything it started: each start is a process group of its own. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it runs any more, as it should be.
  }
}

function npmStart(): ChildProcess {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: '0', STOWAGE_LOCAL_DIR: dir };
  const child = spawn('npm', ['start'], {
    cwd: join(import.meta.dirname, '../..'),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  children.push(child);
  return child;
}

/** Starts, waits for the line that says so, and reads what it left to find it by. */
async function start() {
  const child = npmStart();
  const readyLines: string[] = [];
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    if (line.startsWith('ready ')) readyLines.push(line);
    if (readyLines.length > 0) break;
  }
  const dev = JSON.parse(readFileSync(join(dir, 'dev.json'), 'utf8')) as DevFile;
  expect(readyLines).toEqual([`ready ${dev.baseUrl}`]);
  return {
    stowage: connect(dev),
    async stop(signal: NodeJS.Signals): Promise<unknown[]> {
      child.kill(signal);
      return await once(child, 'exit');
    },
  };
}

const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const loopback = /^http:\/\/127\.0\.0\.1:\d+$/;
const text = expect.stringMatching(/./);

/** docs/contract.md, "On one machine". */
const devFile = {
  baseUrl: expect.stringMatching(loopback),
  appId: 'demo-app',
  userId: 'demo-user',
  sessionId: 'demo-session',
  lockId: 'demo-lock',
  orgId: 'demo-org',
  developerKey: expect.stringMatching(/^sk_demo-app_[\w-]{43}$/),
  userToken: expect.stringMatching(jwt),
  webhookSecret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{40,}=*$/),
  sessionToken: expect.stringMatching(jwt),
  platformToken: expect.stringMatching(jwt),
  adminToken: expect.stringMatching(jwt),
  r2: {
    endpoint: expect.stringMatching(loopback),
    accessKeyId: text,
    secretAccessKey: text,
    bucket: text,
    publicBucket: text,
    complianceBucket: text,
  },
  dynamodb: { endpoint: expect.stringMatching(loopback), tableName: text },
};

describe('npm start', () => {
  it('serves the demo, stops when npm is asked to, and goes on where it was', { timeout: 180_000 }, async () => {
    const first = await start();
    const { dev } = first.stowage;
    expect(dev).toStrictEqual(devFile);
    expect(statSync(join(dir, 'dev.json')).mode & 0o777).toBe(0o600);

    const demo = { ...dev, key: dev.developerKey, keyId: '', ...pathsOf(dev) };
    const file = fileOf(await upload(first.stowage, demo, { bytes: await jpegPhoto() }));
    const member = await first.stowage.call('GET', `${demo.setup}/${file.id}`, asUser(demo));
    expect(member.status).toBe(200);

    const second = npmStart();
    let said = '';
    second.stderr?.on('data', (chunk) => (said += chunk));
    const [code] = await once(second, 'close');
    expect(code).not.toBe(0);
    expect(said).toMatch(/in use by process \d+/);
    expect((await first.stowage.call('GET', demo.files, asPage(demo))).status).toBe(200);

    expect(await first.stop('SIGTERM')).toEqual([0, null]);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
    for (const address of [dev.baseUrl, dev.r2.endpoint, dev.dynamodb.endpoint]) {
      await expect(fetch(address)).rejects.toThrow();
    }

    const again = await start();
    expect(again.stowage.dev).toMatchObject({ baseUrl: dev.baseUrl, developerKey: dev.developerKey, r2: dev.r2 });
    const kept = fileOf(await again.stowage.call('GET', `${demo.files}/${file.id}`, asBackend(demo)));
    expect(kept).toMatchObject({ id: file.id, sizeBytes: file.sizeBytes, thumbhash: file.thumbhash });
    expect((await (await fetch(kept.signedUrl)).arrayBuffer()).byteLength).toBe(file.sizeBytes);
    const settings = await again.stowage.ok('GET', `${demo.admin}/file-storage`, { token: dev.adminToken });
    expect(settings).toMatchObject({ usage: { usedBytes: file.sizeBytes, fileCount: 1 } });
    expect(await again.stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect(await again.stop('SIGINT')).toEqual([0, null]);
  });
});

describe('tokens of the one-machine cloud', () => {
  it('are for any caller, and asked for by this machine alone', async () => {
    const { stowage, stop } = await start();
    const path = '/__local/tokens';
    const claims = { token_use: 'user', sub: 'anybody', expiresIn: 60 };
    const { token } = (await stowage.ok('POST', path, { json: claims })) as { token: string };
    const [, payload = ''] = token.split('.');
    const issued = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp: number; iat: number };
    expect(issued).toMatchObject({ token_use: 'user', sub: 'anybody' });
    expect(issued.exp - issued.iat).toBe(60);
    expect((await stowage.call('POST', path, { json: { token_use: 'root' } })).status).toBe(400);
    const headers = { origin: 'https://page.example' };
    expect((await stowage.call('POST', path, { json: claims, headers })).status).toBe(403);
    expect((await stowage.call('POST', '/__local/drain', { headers })).status).toBe(403);
    expect(await stop('SIGTERM')).toEqual([0, null]);
  });
});
