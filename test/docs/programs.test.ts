import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCloud, stage } from '#test/e2e/support.ts';
import { pngPhoto } from '#test/support/images.ts';
import { flakyProxy } from './flaky-proxy.ts';
import { inBrowser, inNode } from './programs.ts';
import { openProject, type Project } from './project.ts';

/** The programs of docs/integrating, as a stranger has them, against a one-machine cloud that tells events and scans uploads. */
let world: Awaited<ReturnType<typeof openCloud>>;
let project: Project;
let photo: Buffer;
let port: number;
const ran = new Set<string>();

beforeAll(async () => {
  port = await freePort();
  [world, project, photo] = await Promise.all([
    openCloud({
      events: { webhooks: [{ url: `http://127.0.0.1:${port}/` }] },
      scan: { mode: 'quarantine', timeoutMinutes: 60, onTimeout: 'reject' },
    }),
    openProject(),
    pngPhoto({ width: 64, height: 48 }),
  ]);
  writeFileSync(join(project.folder, 'photo.png'), photo);
  writeFileSync(join(project.folder, 'consent.pdf'), '%PDF-1.7 signed');
});
afterAll(async () => {
  project.close();
  await world.close();
});

async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

const program = (name: string) => {
  ran.add(name);
  const found = inNode[name];
  if (found === undefined) throw new Error(`There is no program ${name}`);
  return found;
};

/** What every program may take from around it, and the ids of one that is staged. */
async function around() {
  const { stowage } = world;
  const { baseUrl, platformToken: serviceToken, adminToken } = stowage.dev;
  const app = await stowage.app();
  const staged = await stage(stowage, app, { bytes: photo, name: 'photo.png' }, { draftId: 'draft-1' });
  const stagedFile = (staged.body as { file: { id: string } }).file.id;
  const { userToken, sessionToken, key: developerKey, ...ids } = app;
  const { appId, userId, sessionId, lockId } = ids;
  return {
    ...{ baseUrl, serviceToken, adminToken, userToken, sessionToken, developerKey, stagedFile },
    ...{ appId, userId, sessionId, lockId, orgId: `org-${appId}` },
  };
}

describe('the programs of docs/integrating', () => {
  it('compile strictly, each with what the page says is around it', () => {
    expect(() => project.compile(inNode, { lib: ['es2022'], types: ['node'] })).not.toThrow();
    expect(() => project.compile(inBrowser, { lib: ['es2022', 'dom', 'dom.iterable'] })).not.toThrow();
  });

  it('extension-authors.md: a backend uploads, and keeps the id in the state of the session', async () => {
    const printed = await project.run(program('backend'), await around());
    expect(printed).toMatch(/^kept { puzzleImageFileId: '[0-9a-f]{24}' }$/m);
  });

  it('platform.md: tokens of every kind are taken at their first call', async () => {
    const { iss: issuer, aud: audience } = decodeJwt(world.stowage.dev.userToken);
    const issuerKey = JSON.parse(readFileSync(join(world.dir, 'issuer.json'), 'utf8')) as unknown;
    const printed = await project.run(program('tokens'), { ...(await around()), issuer, audience, issuerKey });
    expect(printed.trim().split('\n')).toEqual([
      'user  200',
      'session locks:read locks:write 200',
      'service platform 200',
      'service admin 200',
    ]);
  });

  it('platform.md: a configuration is saved and edited, events are sent, documents and exports are kept', async () => {
    const receiver = project.start(program('receiver'), { secret: world.stowage.dev.webhookSecret, port });
    const heard = printedBy(receiver);
    try {
      const given = await around();
      const outbox = [
        { eventId: 'event-1', type: 'lock.cloned', lockId: 'lock-2', templateId: 'template-1' },
        { eventId: 'event-2', type: 'lock.archived', lockId: 'lock-2' },
      ];
      const printed = await project.run(program('platform'), { ...given, outbox });
      expect(printed).toContain(`"fileId":"${given.stagedFile}"`);
      expect(printed).toContain(`released [ '${given.stagedFile}' ]`);
      expect(printed).toMatch(/sent event-1\nsent event-2/);
      expect(printed).toMatch(/^document 200$/m);
      expect(printed).toMatch(/^export http/m);
      expect((await world.stowage.drain()).finished).toBe(true);
      const mine = heard().filter((line) => line.startsWith(given.stagedFile));
      expect(mine.map((line) => line.slice(25).replace(/ \d+$/, ''))).toEqual([
        'file.ready',
        'file.claimed',
        'is gone: deleted',
      ]);
      const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
      expect(forged.status).toBe(400);
    } finally {
      receiver.kill();
    }
  });

  it('platform.md: a scanner lets a clean file out, and a harmful one never', async () => {
    const given = await around();
    const upload = async (text: string) => {
      const body = new FormData();
      body.set('file', new Blob([text]), 'a.txt');
      const answer = await world.stowage.ok('POST', '/v1/upload/private', { token: given.userToken, body });
      return (answer as { data: { _id: string } }).data._id;
    };
    const [clean, harmful] = [await upload('nothing to see'), await upload('harmful')];
    const gone = '65f0c0ffee65f0c0ffee65f0';
    await project.run(program('scanner'), { ...given, messages: [clean, harmful, gone].map((fileId) => ({ fileId })) });
    const link = (id: string) => world.stowage.call('GET', `/v1/upload/url/${id}`, { token: given.userToken });
    expect((await link(clean)).status).toBe(200);
    expect((await link(harmful)).body).toMatchObject({ code: 'file_rejected', details: { reason: 'infected' } });
  });

  it('mobile.md: what is sent over a bad line is stored once, and goes on where it broke', async () => {
    const given = await around();
    const proxy = await flakyProxy(given.baseUrl, ['/v1/upload/private', '/v1/upload/presign']);
    let parts = 0;
    world.cloud.faults.r2 = ({ operation }) => {
      if (operation !== 'UploadPart') return undefined;
      parts += 1;
      return parts === 2 ? 'reset' : undefined;
    };
    try {
      const printed = await project.run(program('mobile'), { ...given, baseUrl: proxy.url });
      expect(printed.trim().split('\n')).toEqual([
        expect.stringMatching(/^stored [0-9a-f]{24}$/),
        'there are 0 of 2',
        'there are 1 of 2',
        'there are 2 of 2',
        'stored 6000000 bytes',
      ]);
      expect(proxy.broken).toBe(4);
      const list = await world.stowage.ok('GET', '/v1/upload', { token: given.userToken });
      expect(list).toMatchObject({ data: { count: 2 } });
    } finally {
      world.cloud.faults.r2 = undefined;
      proxy.close();
    }
  });

  it('are all run here or by a browser', () => {
    expect([...ran].sort()).toEqual(Object.keys(inNode).sort());
  });
});

/** The lines a program has printed so far; fails where it wrote an error. */
function printedBy(child: ChildProcess): () => string[] {
  let [printed, errors] = ['', ''];
  child.stdout?.on('data', (chunk) => (printed += String(chunk)));
  child.stderr?.on('data', (chunk) => (errors += String(chunk)));
  return () => {
    expect(errors).toBe('');
    return printed.trim().split('\n');
  };
}
