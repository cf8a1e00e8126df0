import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Faults } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { openTable } from './faults-support.ts';
import { type Answer, asBackend, asPage, openCloud, stage, type TestApp, upload } from './support.ts';

/** What DynamoDB does under load, which the one-machine stand-in alone never would. */
let opened: Awaited<ReturnType<typeof openCloud>>;
let table: ReturnType<typeof openTable>;
let app: TestApp;
let photo: Buffer;

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
});
afterEach(() => {
  opened.cloud.faults.dynamodb = undefined;
});

type Fault = NonNullable<Awaited<ReturnType<NonNullable<Faults['dynamodb']>>>>;

const send = () => upload(opened.stowage, app, { bytes: photo });
const get = (id: string) => opened.stowage.call('GET', `${app.files}/${id}`, asPage(app));
const usage = async () => {
  const token = opened.stowage.dev.adminToken;
  return ((await opened.stowage.ok('GET', `${app.admin}/file-storage`, { token })) as { usage: unknown }).usage;
};

/** A transaction that another one got in the way of; nothing is wrong with it. */
const conflict: Fault = {
  type: 'TransactionCanceledException',
  message: 'Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]',
  more: { CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }, { Code: 'None' }] },
};
const throttled: Fault = { type: 'ProvisionedThroughputExceededException', message: 'Too fast' };
const broken: Fault = { type: 'InternalServerError', message: 'Internal server error', status: 500 };

/** Breaks the operations `only` names, the first `count` times or always. */
function breakTable(
  fault: Fault,
  { only = /./, count = Number.POSITIVE_INFINITY }: { only?: RegExp; count?: number } = {},
) {
  let left = count;
  opened.cloud.faults.dynamodb = ({ operation }) => {
    if (!only.test(operation) || left <= 0) return undefined;
    left -= 1;
    return fault;
  };
  return () => count - left;
}

function expectWait(answer: Answer): void {
  expectError(answer, 503, 'temporarily_unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('writes that meet each other', () => {
  it.each([
    ['an upload', async () => (await send()).status, 201],
    ['a staged upload', async () => (await stage(opened.stowage, app, { bytes: photo })).status, 201],
  ])('are tried again until %s is through', async (_, act, status) => {
    const used = breakTable(conflict, { only: /TransactWriteItems/, count: 5 });
    expect(await act()).toBe(status);
    expect(used()).toBe(5);
    expect(await usage()).toMatchObject({ fileCount: 1 });
  });

  it('do not keep a file from being deleted, once', async () => {
    const file = fileOf(await send());
    breakTable(conflict, { only: /TransactWriteItems/, count: 5 });
    const path = `${app.files}/${file.id}`;
    const answers = await Promise.all([1, 2, 3].map(() => opened.stowage.call('DELETE', path, asBackend(app))));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('without end are a wish to come again and no full quota', async () => {
    breakTable(conflict, { only: /TransactWriteItems/ });
    expectWait(await send());
    opened.cloud.faults.dynamodb = undefined;
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
    expect((await table.files()).filter(({ appId }) => appId === app.appId)).toEqual([]);
  });
});

describe('a table that is throttled or broken for a moment', () => {
  it.each([
    ['throttles', throttled],
    ['fails', broken],
    ['drops connections', 'reset' as const],
  ])('%s, and nobody notices', async (_, fault) => {
    const file = fileOf(await send());
    breakTable(fault, { count: 2 });
    expect((await get(file.id)).status).toBe(200);
    breakTable(fault, { count: 2 });
    expect((await send()).status).toBe(201);
    expect(await usage()).toMatchObject({ fileCount: 2 });
  });

  it('loses answers to writes that landed, and no file is stored or counted twice', async () => {
    for (const only of [/TransactWriteItems/, /PutItem/]) {
      breakTable({ afterEffect: 'reset' }, { only, count: 1 });
      expect((await send()).status).toBe(201);
    }
    const { items } = (await opened.stowage.ok('GET', app.files, asPage(app))) as { items: { sizeBytes: number }[] };
    const usedBytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(items).toHaveLength(2);
    expect(await usage()).toEqual({ usedBytes, fileCount: 2 });
  });
});

describe('an answer that is lost after its write', () => {
  it('of a reservation, through all tries, leaves nothing reserved and its Idempotency-Key free, at once', async () => {
    const headers = { 'idempotency-key': 'lost' };
    breakTable({ afterEffect: 'reset' }, { only: /TransactWriteItems/, count: 4 });
    expectWait(await upload(opened.stowage, app, { bytes: photo }, { headers }));
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
    opened.cloud.faults.dynamodb = undefined;
    expect((await upload(opened.stowage, app, { bytes: photo }, { headers })).status).toBe(201);
    expect(await usage()).toMatchObject({ fileCount: 1 });
  });

  it('of a developer key does not keep its owner from getting it', async () => {
    breakTable({ afterEffect: 'reset' }, { only: /PutItem/, count: 1 });
    const token = opened.stowage.dev.adminToken;
    const json = { label: 'lost' };
    const answer = await opened.stowage.call('POST', `${app.admin}/developer-keys`, { token, json });
    expect(answer.status).toBe(201);
    const { key } = answer.body as { key: string };
    expect((await upload(opened.stowage, { ...app, key }, { bytes: photo })).status).toBe(201);
  });
});

describe('a table that stays away', () => {
  it.each([
    ['throttles', throttled],
    ['fails', broken],
    ['drops connections', 'reset' as const],
  ])('(%s) is a wish to come again, on every way in', async (_, fault) => {
    const file = fileOf(await send());
    breakTable(fault);
    const [uploaded, got, listed, deleted] = await Promise.all([
      send(),
      get(file.id),
      opened.stowage.call('GET', app.files, asPage(app)),
      opened.stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app)),
    ]);
    for (const answer of [uploaded, got, listed, deleted]) expectWait(answer);
    opened.cloud.faults.dynamodb = undefined;
    expect((await get(file.id)).status).toBe(200);
    expect(await usage()).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
  });

  it('while an upload is marked ready takes nothing and leaves nothing', async () => {
    const { stowage } = opened;
    const before = await stowage.bucketKeys();
    breakTable(throttled, { only: /PutItem/ });
    expectWait(await send());
    opened.cloud.faults.dynamodb = undefined;
    expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect(await stowage.bucketKeys()).toEqual(before);
    expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  });
});
