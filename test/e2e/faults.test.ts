import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Faults } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { killInstances, openTable } from './faults-support.ts';
import { asBackend, asPage, openCloud, type TestApp, upload } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let table: ReturnType<typeof openTable>;
let app: TestApp;
let photo: Buffer;
let before: unknown;

beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto({ width: 64, height: 48 })]);
  table = openTable(opened.cloud);
});
afterAll(async () => {
  table.close();
  await opened.close();
});
beforeEach(async () => {
  app = await opened.stowage.app();
  before = await stored();
});
afterEach(() => {
  for (const service of ['r2', 'dynamodb', 'sqs'] as const) opened.cloud.faults[service] = undefined;
});

const stored = async () => ({ objects: await opened.stowage.bucketKeys(), items: await table.items() });
const send = () => upload(opened.stowage, app, { bytes: photo });
const usage = async () => {
  const token = opened.stowage.dev.adminToken;
  return ((await opened.stowage.ok('GET', `${app.admin}/file-storage`, { token })) as { usage: unknown }).usage;
};

/** Gives the fault for an operation, the first `count` times or always. */
function on<T>(wanted: string, fault: T, count = Number.POSITIVE_INFINITY) {
  let left = count;
  return ({ operation }: { operation: string }): T | undefined => {
    if (operation !== wanted || left <= 0) return undefined;
    left -= 1;
    return fault;
  };
}

/** After the fault is mended and everything that is due was done, all is as it was. */
async function expectNothingLeft(): Promise<void> {
  for (const service of ['r2', 'dynamodb', 'sqs'] as const) opened.cloud.faults[service] = undefined;
  expect(await opened.stowage.drain()).toMatchObject({ finished: true, left: {} });
  expect(await stored()).toEqual(before);
  expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  expect((await send()).status).toBe(201);
}

describe('while R2 fails, an upload', () => {
  const faults: [string, NonNullable<Faults['r2']>][] = [
    ['is down', () => 'reset'],
    ['has an error inside', on('PutObject', { status: 500, code: 'InternalError' })],
    ['is overloaded', on('PutObject', { status: 429, code: 'TooManyRequests' })],
    ['refuses the credentials', on('PutObject', { status: 403, code: 'AccessDenied' })],
  ];

  it.each(faults)('that %s, is refused with a wish to come again, and leaves nothing', async (_, fault) => {
    opened.cloud.faults.r2 = fault;
    const answer = await send();
    opened.cloud.faults.r2 = undefined;
    expectError(answer, 503, 'temporarily_unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
    await expectNothingLeft();
  });

  it.each<[string, NonNullable<Faults['r2']>]>([
    ['a dropped connection', on('PutObject', 'reset', 1)],
    ['an overload', on('PutObject', { status: 503, code: 'ServiceUnavailable' }, 2)],
    ['a lost answer', on('PutObject', { afterEffect: 'reset' } as const, 1)],
    ['nothing but lost answers', on('PutObject', { afterEffect: 'reset' } as const)],
  ])('survives %s', async (_, fault) => {
    opened.cloud.faults.r2 = fault;
    const file = fileOf(await send());
    expect((await fetch(file.signedUrl)).status).toBe(200);
    expect(await usage()).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
  });

  it('is told to wait when the queue is down as well, and the other files are there as before', async () => {
    const kept = fileOf(await send());
    opened.cloud.faults.r2 = () => 'reset';
    opened.cloud.faults.sqs = () => 'reset';
    expectError(await send(), 503, 'temporarily_unavailable');
    const listed = (await opened.stowage.ok('GET', app.files, asPage(app))) as { items: { id: string }[] };
    expect(listed.items.map(({ id }) => id)).toEqual([kept.id]);
    expect(await usage()).toEqual({ usedBytes: kept.sizeBytes, fileCount: 1 });
  });
});

describe('while the queue is down', () => {
  it.each<[string, NonNullable<Faults['sqs']>]>([
    ['unreachable', () => 'reset'],
    ['refusing', () => ({ status: 403, code: 'AccessDenied' })],
  ])('(%s) a deletion is answered and done in the request', async (_, fault) => {
    const file = fileOf(await send());
    const operations = ({ operation }: { operation: string }) => operation === 'SendMessage';
    opened.cloud.faults.sqs = (request) => (operations(request) ? fault(request) : undefined);
    const deleted = await opened.stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app));
    expect(deleted.status).toBe(204);
    expect((await fetch(file.signedUrl)).status).toBe(404);
    await expectNothingLeft();
  });
});

describe.runIf(existsSync('/proc/self/environ'))('an instance that dies in the middle of an upload', () => {
  it.each<[string, 'r2' | 'dynamodb', string, number]>([
    ['before its object is written', 'r2', 'PutObject', 0],
    ['after its object is written', 'dynamodb', 'PutItem', 1],
  ])('%s leaves a record, which gives its quota back when it is due', async (_, service, step, objects) => {
    const { sizeBytes } = fileOf(await send());
    const { stowage, cloud } = opened;
    const token = stowage.dev.adminToken;
    let killed = 0;
    cloud.faults[service] = ({ operation }: { operation: string }) => {
      if (operation !== step || killed > 0) return undefined;
      killed = killInstances(opened, 'sessionfilesupload');
      return 'reset';
    };
    const room = { maxBytesPerSession: 2 * sizeBytes };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token, json: room });
    const answer = await send();
    expect(killed).toBeGreaterThan(0);
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({ message: 'Internal Server Error' });

    expect(await usage()).toEqual({ usedBytes: 2 * sizeBytes, fileCount: 2 });
    const listed = (await stowage.ok('GET', app.files, asPage(app))) as { items: unknown[] };
    expect(listed.items).toHaveLength(1);
    const keysBefore = (before as { objects: string[] }).objects.length;
    expect(await stowage.bucketKeys()).toHaveLength(keysBefore + 1 + objects);

    const pending = (await table.files()).filter(({ state, appId }) => state === 'pending' && appId === app.appId);
    expect(pending).toHaveLength(1);
    const other = await send();
    expectError(other, 409, 'extension_session_storage_quota_exceeded');
    await table.makeDue(pending[0] ?? {});
    expect((await send()).status).toBe(201);
    expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect(await usage()).toEqual({ usedBytes: 2 * sizeBytes, fileCount: 2 });
    expect(await stowage.bucketKeys()).toHaveLength(keysBefore + 2);
    const own = (await table.files()).filter(({ appId }) => appId === app.appId);
    expect(own.map(({ state }) => state)).toEqual(['ready', 'ready']);
  });
});
