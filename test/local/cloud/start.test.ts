import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DevFile } from '#local/cloud.ts';
import { lockFolder } from '#local/lock.ts';
import { choosePorts, withFreePorts } from '#local/ports.ts';

const folders: string[] = [];
const children: ChildProcess[] = [];
const folder = () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'stowage-start-'));
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  dev: DevFile;
  /** Signals the process and gives its exit code and signal. */
  stop(signal: NodeJS.Signals): Promise<unknown[]>;
}

async function start(dir: string): Promise<Started> {
  const child = run(dir);
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    if (line.startsWith('ready ')) break;
  }
  const dev = JSON.parse(readFileSync(path.join(dir, 'dev.json'), 'utf8')) as DevFile;
  const stop = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return once(child, 'exit');
  };
  return { child, dev, stop };
}

function run(dir: string): ChildProcess {
  const env = { PATH: process.env.PATH, PORT: '0', STOWAGE_LOCAL_DIR: dir };
  const child = spawn(process.execPath, ['local/main.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function upload(dev: DevFile): Promise<{ id: string; signedUrl: string }> {
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(image)], { type: 'image/png' }), 'red.png');
  const response = await fetch(`${dev.baseUrl}/api/extensions/sessions/${dev.sessionId}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${dev.developerKey}`, 'x-chastify-main-token': dev.sessionToken },
    body,
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { file: { id: string; signedUrl: string } }).file;
}

async function list(dev: DevFile): Promise<{ id: string }[]> {
  const response = await fetch(`${dev.baseUrl}/api/extensions/sessions/${dev.sessionId}/files`, {
    headers: { authorization: `Bearer ${dev.sessionToken}` },
  });
  return ((await response.json()) as { items: { id: string }[] }).items;
}

describe('npm start', () => {
  it('stores a file that survives SIGTERM, SIGKILL and the restarts after them', async () => {
    const dir = folder();
    const first = await start(dir);
    expect(statSync(path.join(dir, 'dev.json')).mode & 0o777).toBe(0o600);
    const file = await upload(first.dev);
    expect(await first.stop('SIGTERM')).toEqual([0, null]);
    expect(existsSync(path.join(dir, 'lock'))).toBe(false);

    const second = await start(dir);
    expect(second.dev.baseUrl).toBe(first.dev.baseUrl);
    expect(second.dev.developerKey).toBe(first.dev.developerKey);
    expect((await list(second.dev)).map(({ id }) => id)).toEqual([file.id]);
    expect((await fetch(file.signedUrl)).status).toBe(200);
    await second.stop('SIGKILL');

    const third = await start(dir);
    expect((await list(third.dev)).map(({ id }) => id)).toEqual([file.id]);
    const drained = await fetch(`${third.dev.baseUrl}/__local/drain`, { method: 'POST' });
    expect(await drained.json()).toMatchObject({ finished: true, left: {} });
    expect(await third.stop('SIGINT')).toEqual([0, null]);
  });

  it('refuses a folder that is in use, and says by whom', async () => {
    const dir = folder();
    const unlock = lockFolder(dir);
    const child = run(dir);
    let said = '';
    child.stderr?.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    unlock();
    expect(code).toBe(1);
    expect(said).toContain(`in use by process ${process.pid}`);
  });
});

describe('the folder lock', () => {
  it('is taken over from a process that is gone, also when its id is used again', () => {
    const dir = folder();
    writeFileSync(path.join(dir, 'lock'), '99999999 1');
    lockFolder(dir)();
    writeFileSync(path.join(dir, 'lock'), `${process.pid} 1`);
    lockFolder(dir)();
    const unlock = lockFolder(dir);
    expect(() => lockFolder(dir)).toThrow(/in use/);
    unlock();
  });
});

describe('ports', () => {
  it('are none that an outgoing connection could be given before they are bound', async () => {
    const ports = Object.values(await choosePorts(folder(), ['a', 'b', 'c', 'd', 'e', 'f', 'g']));
    expect(new Set(ports).size).toBe(7);
    for (const port of ports) expect(port).toBeLessThan(32_768);
  });

  it('stay the same, except one that somebody else has taken', async () => {
    const dir = folder();
    const first = await choosePorts(dir, ['a', 'b']);
    expect(await choosePorts(dir, ['a', 'b'])).toEqual(first);
    const other = createServer().listen(first.a, '127.0.0.1');
    await once(other, 'listening');
    const second = await choosePorts(dir, ['a', 'b']);
    expect(second.a).not.toBe(first.a);
    expect(second.b).toBe(first.b);
    other.close();
  });
});

describe('ports of a start', () => {
  const listening = async (port: number) => {
    const server = createServer();
    const bound = once(server, 'listening');
    const failed = once(server, 'error').then(([error]) => Promise.reject(error));
    server.listen(port, '127.0.0.1');
    await Promise.race([bound, failed]);
    return server;
  };

  it('that another process took between the choice and the start are chosen anew', async () => {
    const dir = folder();
    let other: Awaited<ReturnType<typeof listening>> | undefined;
    const server = await withFreePorts(async () => {
      const { api } = await choosePorts(dir, ['api']);
      other ??= await listening(api);
      return await listening(api);
    });
    expect(server.address()).not.toEqual(other?.address());
    server.close();
    other?.close();
  });

  it('that were asked for by number and are taken are told at once', async () => {
    const other = await listening(0);
    const { port } = other.address() as AddressInfo;
    let starts = 0;
    const start = async () => {
      starts += 1;
      return await listening(port);
    };
    await expect(withFreePorts(start, port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(starts).toBe(1);
    other.close();
  });
});
