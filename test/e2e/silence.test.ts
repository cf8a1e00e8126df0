import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { signalInstances } from './faults-support.ts';
import { type Answer, asBackend, asPage, asUser, openCloud, stage, type TestApp, upload } from './support.ts';

/** Services that take a call and go quiet, and instances that slept: every request ends in an answer of ours. */
let opened: Awaited<ReturnType<typeof openCloud>>;
let app: TestApp;
let photo: Buffer;

beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => opened.close());
beforeEach(async () => {
  app = await opened.stowage.app();
});
afterEach(() => {
  for (const service of ['r2', 'dynamodb', 'sqs', 'jwks'] as const) opened.cloud.faults[service] = undefined;
});

const send = () => upload(opened.stowage, app, { bytes: photo });
const capabilities = () => opened.stowage.call('GET', `${app.setup}/capabilities`, asUser(app));

/** Ends the instances of a function, so that the next request gets a new one. */
async function forget(part: string): Promise<void> {
  signalInstances(opened, part, 'SIGKILL');
  await sleep(300);
}

function expectWait(answer: Answer): void {
  expectError(answer, 503, 'temporarily_unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('a table that goes quiet', () => {
  it.each(['silence', 'stall'] as const)(
    '(%s) is a wish to come again within the gateway’s time, on every way in',
    async (how) => {
      const { stowage, cloud } = opened;
      const file = fileOf(await send());
      const staged = fileOf(await stage(stowage, app, { bytes: photo }, { draftId: 'd' }));
      const config = { storageDraftId: 'd', image: { provider: 'chastify_storage', fileId: staged.id } };
      const claim = { userId: app.userId, target: { type: 'lock', id: app.lockId }, config };
      cloud.faults.dynamodb = () => how;
      const answers = await Promise.all([
        send(),
        stage(stowage, app, { bytes: photo }),
        stowage.call('GET', app.files, asPage(app)),
        stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app)),
        stowage.call('POST', `/platform/extensions/${app.appId}/claims`, {
          token: stowage.dev.platformToken,
          json: claim,
        }),
      ]);
      for (const answer of answers) expectWait(answer);
      cloud.faults.dynamodb = undefined;
      const token = stowage.dev.adminToken;
      const { usage } = (await stowage.ok('GET', `${app.admin}/file-storage`, { token })) as { usage: unknown };
      expect(usage).toEqual({ usedBytes: file.sizeBytes + staged.sizeBytes, fileCount: 2 });
    },
  );

  it('in the middle of an upload leaves nothing that is not taken away again', async () => {
    const { stowage, cloud } = opened;
    const before = await stowage.bucketKeys();
    fileOf(await send());
    cloud.faults.dynamodb = ({ operation }) => (operation === 'PutItem' ? 'silence' : undefined);
    expectWait(await send());
    cloud.faults.dynamodb = undefined;
    expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect(await stowage.bucketKeys()).toHaveLength(before.length + 1);
  });
});

describe('a queue that goes quiet', () => {
  it.each(['silence', 'stall'] as const)('(%s) keeps no file from being deleted', async (how) => {
    const { stowage, cloud } = opened;
    const file = fileOf(await send());
    cloud.faults.sqs = ({ operation }) => (operation === 'SendMessage' ? how : undefined);
    const before = await stowage.bucketKeys();
    const answer = await stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app));
    expect(answer.status).toBe(204);
    expect(await stowage.bucketKeys()).toHaveLength(before.length - 1);
  });
});

describe('a key server that is away', () => {
  it.each([
    ['never answers', 'silence'],
    ['stalls', 'stall'],
    ['fails', { status: 500 }],
  ] as const)(
    '(%s) is a wish to come again to an instance that has no keys, and nothing to one that has',
    async (_, fault) => {
      const { stowage, cloud } = opened;
      expect((await capabilities()).status).toBe(200);
      cloud.faults.jwks = () => fault;
      await forget('stagedlist');
      const cold = await stowage.call('GET', `${app.setup}/staged`, asUser(app));
      expectWait(cold);
      expect((await capabilities()).status).toBe(200);
      cloud.faults.jwks = undefined;
      await sleep(1100);
      expect((await stowage.call('GET', `${app.setup}/staged`, asUser(app))).status).toBe(200);
    },
  );
});

describe('an instance that Lambda froze', () => {
  /** Stops the one warm instance of the function, and thaws it after `meanwhile`. */
  async function freeze(meanwhile: () => Promise<void>): Promise<void> {
    expect(signalInstances(opened, 'setupcapabilities', 'SIGSTOP')).toBe(1);
    await meanwhile();
    signalInstances(opened, 'setupcapabilities', 'SIGCONT');
  }

  /** The connections an instance has in its pool: this endpoint asks the table two things at once. */
  async function warmSockets(): Promise<Set<Socket>> {
    const sockets = new Set<Socket>();
    await forget('setupcapabilities');
    opened.cloud.faults.dynamodb = ({ socket }) => void sockets.add(socket);
    for (let count = 0; count < 3; count += 1) expect((await capabilities()).status).toBe(200);
    expect(sockets.size).toBeGreaterThan(1);
    return sockets;
  }

  it.each([
    ['closed', async (sockets: Set<Socket>) => sockets.forEach((socket) => void socket.end())],
    ['reset', async (sockets: Set<Socket>) => sockets.forEach((socket) => void socket.resetAndDestroy())],
  ])('while its connections were %s answers the next request', async (_, end) => {
    const sockets = await warmSockets();
    await freeze(async () => {
      await end(sockets);
      await sleep(200);
    });
    expect((await capabilities()).status).toBe(200);
  });

  it.each(['silence', 'reset'] as const)(
    'and whose connections all died without a word (%s when used) answers by trying again',
    async (how) => {
      const dead = await warmSockets();
      let met = 0;
      opened.cloud.faults.dynamodb = ({ socket }) => {
        if (!dead.has(socket)) return undefined;
        met += 1;
        return how;
      };
      await freeze(() => sleep(200));
      expect((await capabilities()).status).toBe(200);
      expect(met).toBeGreaterThan(0);
    },
  );
});
