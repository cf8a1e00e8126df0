import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Faults } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { killInstances, openTable } from './faults-support.ts';
import { asBackend, asPage, eventually, openCloud, type TestApp, upload } from './support.ts';

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

const ownFiles = async () => (await table.files()).filter(({ appId }) => appId === app.appId);

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

describe('while the queues are down, a deletion the platform tells of', () => {
  it('is done in the request: the files are gone, their app is closed and its keys are revoked', async () => {
    const { stowage, cloud } = opened;
    const doomed = await stowage.app();
    const file = fileOf(await upload(stowage, doomed, { bytes: photo }));
    cloud.faults.sqs = ({ operation }) => (operation === 'SendMessage' ? 'reset' : undefined);
    const token = stowage.dev.platformToken;
    const json = { eventId: 'gone', type: 'app.deleted', appId: doomed.appId };
    await stowage.ok('POST', '/platform/lifecycle-events', { token, json });
    cloud.faults.sqs = undefined;
    expect((await fetch(file.signedUrl)).status).toBe(404);
    const admin = { token: stowage.dev.adminToken };
    expect(await stowage.ok('GET', `${doomed.admin}/file-storage`, admin)).toMatchObject({
      settings: { enabled: false },
      usage: { usedBytes: 0, fileCount: 0 },
    });
    expect(await stowage.ok('GET', `${doomed.admin}/developer-keys`, admin)).toMatchObject({ items: [] });
    // Turned on again by mistake, it is closed all the same: for files and for states.
    await stowage.ok('PUT', `${doomed.admin}/file-storage`, { ...admin, json: { enabled: true } });
    const { key } = (await stowage.ok('POST', `${doomed.admin}/developer-keys`, {
      ...admin,
      json: { label: 'new' },
    })) as {
      key: string;
    };
    await eventually(async () => {
      expectError(await upload(stowage, { ...doomed, key }, { bytes: photo }), 404, 'not_found');
    });
    const state = `/api/extensions/sessions/${doomed.sessionId}/state`;
    const put = await stowage.call('PUT', state, { ...asBackend({ ...doomed, key }), json: { state: { a: 1 } } });
    expectError(put, 404, 'not_found');
  });
});

describe('while bucket and queue are both down', () => {
  it('a deletion is answered all the same, and done by the schedule once it is due', async () => {
    const { stowage, cloud } = opened;
    const file = fileOf(await send());
    cloud.faults.sqs = ({ operation }) => (operation === 'SendMessage' ? 'reset' : undefined);
    cloud.faults.r2 = () => 'reset';
    const deleted = await stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app));
    cloud.faults.sqs = undefined;
    cloud.faults.r2 = undefined;
    expect(deleted.status).toBe(204);
    expect(await usage()).toMatchObject({ usedBytes: 0, fileCount: 0 });
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, asPage(app)), 404, 'file_not_found');

    const [left] = await ownFiles();
    expect(left).toMatchObject({ state: 'deleting' });
    await stowage.drain();
    expect((await fetch(file.signedUrl)).status).toBe(200);
    await table.makeDue(left ?? {});
    await expectNothingLeft();
  });
});

describe.runIf(existsSync('/proc/self/environ'))('an instance that dies in the middle of an upload', () => {
  const deaths = [
    { when: 'before its object is written', service: 'r2', step: 'PutObject', objects: 0 },
    { when: 'after its object is written', service: 'dynamodb', step: 'PutItem', objects: 1 },
  ] as const;

  it.each(deaths)('$when leaves a record that holds its quota until it is due', async ({ service, step, objects }) => {
    const { stowage, cloud } = opened;
    const { sizeBytes } = fileOf(await send());
    const keysBefore = await stowage.bucketKeys();
    const admin = { token: stowage.dev.adminToken, json: { maxBytesPerSession: 2 * sizeBytes } };
    await stowage.ok('PUT', `${app.admin}/file-storage`, admin);

    for (const way of ['whoever needs the room', 'the schedule']) {
      let killed = 0;
      cloud.faults[service] = ({ operation }: { operation: string }) => {
        if (operation !== step || killed > 0) return undefined;
        killed = killInstances(opened, 'sessionfilesupload');
        return 'reset';
      };
      const answer = await send();
      expect(killed).toBeGreaterThan(0);
      expect(answer.status).toBe(500);
      expect(answer.body).toEqual({ message: 'Internal Server Error' });
      expect(await usage()).toEqual({ usedBytes: 2 * sizeBytes, fileCount: 2 });
      expect(await stowage.bucketKeys()).toHaveLength(keysBefore.length + objects);
      await stowage.drain();
      expect(await usage(), 'not due yet').toEqual({ usedBytes: 2 * sizeBytes, fileCount: 2 });
      const { items } = (await stowage.ok('GET', app.files, asPage(app))) as { items: unknown[] };
      expect(items).toHaveLength(1);

      const pending = (await ownFiles()).filter(({ state }) => state === 'pending');
      expect(pending).toHaveLength(1);
      await table.makeDue(pending[0] ?? {});
      if (way === 'the schedule') await stowage.drain();
      const next = fileOf(await send());
      expect((await stowage.call('DELETE', `${app.files}/${next.id}`, asBackend(app))).status).toBe(204);
      expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
      expect(await usage()).toEqual({ usedBytes: sizeBytes, fileCount: 1 });
      expect(await stowage.bucketKeys()).toEqual(keysBefore);
      expect((await ownFiles()).map(({ state }) => state)).toEqual(['ready']);
    }
  });
});

it.runIf(existsSync('/proc/self/environ'))(
  'an instance that dies between a file and its copy leaves both to one record',
  async () => {
    app = await opened.stowage.app({ imagePresets: { thumb: 16, card: 32 } });
    before = await stored();
    let killed = 0;
    opened.cloud.faults.r2 = async ({ operation, key }) => {
      if (operation !== 'PutObject' || key?.endsWith('-thumb.webp') !== true || killed > 0) return undefined;
      // The others are written by then.
      await sleep(500);
      killed = killInstances(opened, 'sessionfilesupload');
      return 'reset';
    };
    expect((await send()).status).toBe(500);
    opened.cloud.faults.r2 = undefined;
    const [pending] = await ownFiles();
    expect(pending).toMatchObject({ state: 'pending', presets: { thumb: 16, card: 32 } });
    expect(await usage()).toEqual({ usedBytes: pending?.sizeBytes, fileCount: 1 });
    const keys = (await opened.stowage.bucketKeys()).filter((key) => key.includes(String(pending?.id)));
    expect(keys).toHaveLength(2);
    await table.makeDue(pending ?? {});
    await expectNothingLeft();
  },
);
