/**
 * The disasters an operator may cause: a table that is lost, taken back to an earlier time, or beside a bucket of
 * another stage. Objects are made hours old, and most clouds here know no days of grace, so that nothing but what a test is about
 * stands between the files and their end.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTableInput } from '#lib/table-schema.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { fileOf } from './expectations.ts';
import { connect, eventually, pathsOf, type Stowage, stage, type TestApp, upload } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'stowage-restore-'));
const open = new Set<Cloud>();
let photo: Buffer;

beforeAll(async () => {
  photo = await jpegPhoto({ width: 64, height: 48 });
});
afterAll(async () => {
  for (const cloud of open) await cloud.close();
  rmSync(root, { recursive: true, force: true });
});

let starts = 0;

/**
 * A cloud with the data of this folder; `stop` makes what it stored three hours old and answers where it is then. Moved for each
 * start: a process that synthesizes twice to one place is given the first assets' names.
 */
async function start(data: string | undefined, orphanGraceDays?: number, existingTableName?: string) {
  starts += 1;
  const dir = join(root, String(starts));
  if (data !== undefined) renameSync(data, dir);
  const cloud = await startCloud({
    dir,
    ...(orphanGraceDays !== undefined && { orphanGraceDays }),
    ...(existingTableName !== undefined && { existingTableName }),
  });
  open.add(cloud);
  const stowage = connect(cloud.dev);
  return {
    cloud,
    stowage,
    reconcile: (json: Record<string, unknown>) =>
      stowage.call('POST', '/admin/reconcile', { token: cloud.dev.adminToken, json }),
    /** Level and message, the fields that alarms look at, of what the hourly run wrote down, in the order written. */
    lines(): string[] {
      const logs = join(dir, 'logs');
      const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((file) =>
        /WorkersReconcile/.test(file),
      );
      return files
        .flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'))
        .filter((line) => line.startsWith('{"level"'))
        .map((line) => JSON.parse(line) as { level: string; message: string; report?: { complete: boolean } })
        .map(({ level, message, report }) => `${level} ${message}${report?.complete === true ? ', complete' : ''}`);
    },
    async stop(): Promise<string> {
      await cloud.close();
      open.delete(cloud);
      const objects = new DatabaseSync(join(dir, 'r2/objects.sqlite'));
      objects.exec('UPDATE objects SET modified = modified - 3 * 3600 * 1000');
      objects.close();
      return dir;
    },
  };
}

async function uploads(stowage: Stowage, app: TestApp, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = await upload(stowage, { ...app, ...pathsOf(app) }, { bytes: photo });
    expect(answer.status).toBe(201);
    ids.push(fileOf(answer).id);
  }
  return ids;
}

const refused = (reason: string) => ({
  status: 409,
  body: {
    code: 'reconcile_refused',
    details: { stopped: expect.arrayContaining([expect.objectContaining({ reason })]) },
  },
});

it('a table that was lost takes no file along', { timeout: 120_000 }, async () => {
  const before = await start(undefined, 0);
  await uploads(before.stowage, await before.stowage.app(), 4);
  expect(await before.stowage.drain()).toMatchObject({ finished: true, failed: {} });
  const data = await before.stop();
  rmSync(join(data, 'dynamodb'), { recursive: true });

  const cloud = await start(data, 0);
  expect(await cloud.reconcile({ dryRun: false })).toMatchObject(refused('bucket_of_another_table'));
  expect(await cloud.reconcile({ dryRun: true })).toMatchObject({
    status: 200,
    body: {
      objectsWithoutRecord: { count: 4 },
      stopped: expect.arrayContaining([
        expect.objectContaining({ message: expect.stringContaining('restore the table') }),
      ]),
    },
  });
  // Its own files by then: still not its bucket.
  await uploads(cloud.stowage, await cloud.stowage.app(), 1);
  expect(await cloud.stowage.drain()).toMatchObject({ finished: true, failed: {} });
  await eventually(async () => expect(cloud.lines().at(-1)).toBe('ERROR reconcile stopped'));
  expect(await cloud.reconcile({ dryRun: false })).toMatchObject(refused('bucket_of_another_table'));
  expect(await cloud.stowage.bucketKeys()).toHaveLength(5);
  await cloud.stop();
});

it('a table taken back to an earlier time takes no file along that was stored since, and is confirmed as docs/operating.md says', {
  timeout: 180_000,
}, async () => {
  let cloud = await start(undefined, 0);
  const app = await cloud.stowage.app();
  await uploads(cloud.stowage, app, 2);
  expect(await cloud.stowage.drain()).toMatchObject({ failed: {} });
  let data = await cloud.stop();
  cpSync(join(data, 'dynamodb'), join(root, 'earlier'), { recursive: true });
  cloud = await start(data, 0);
  await uploads(cloud.stowage, app, 2);
  expect(await cloud.stowage.drain()).toMatchObject({ failed: {} });
  data = await cloud.stop();
  rmSync(join(data, 'dynamodb'), { recursive: true });
  cpSync(join(root, 'earlier'), join(data, 'dynamodb'), { recursive: true });

  cloud = await start(data, 0);
  for (let again = 0; again < 3; again += 1) {
    expect(await cloud.reconcile({ dryRun: false })).toMatchObject(refused('table_restored'));
    expect(await cloud.stowage.drain()).toMatchObject({ finished: true, failed: {} });
  }
  await eventually(async () => expect(cloud.lines().at(-1)).toBe('ERROR reconcile stopped'));
  expect(await cloud.stowage.bucketKeys()).toHaveLength(4);
  data = await cloud.stop();

  // With the days of grace, as deployed.
  cloud = await start(data);
  const dry = await cloud.reconcile({ dryRun: true });
  expect(dry.body).toMatchObject({ objectsWithoutRecord: { count: 2 } });
  const { stopped } = dry.body as { stopped: { confirm: string }[] };
  expect(await cloud.reconcile({ dryRun: false, confirm: stopped[0]?.confirm })).toMatchObject({
    status: 200,
    body: { complete: true, stopped: [], waiting: { objectsWithoutRecord: 2 }, removed: { objectsWithoutRecord: 0 } },
  });
  expect(await cloud.stowage.drain()).toMatchObject({ failed: {} });
  await eventually(async () => expect(cloud.lines().at(-1)).toBe('INFO reconcile, complete'));
  expect(await cloud.stowage.bucketKeys()).toHaveLength(4);
  await cloud.stop();
});

it('a stage that names the bucket of another touches nothing there, and its own files neither', {
  timeout: 120_000,
}, async () => {
  const production = await start(undefined, 0);
  await uploads(production.stowage, await production.stowage.app(), 3);
  expect(await production.stowage.drain()).toMatchObject({ failed: {} });
  const data = await production.stop();
  const staging = join(root, 'staging');
  for (const shared of ['r2', 'r2-credentials.json']) {
    cpSync(join(data, shared), join(staging, shared), { recursive: true });
  }
  const cloud = await start(staging, 0);
  await uploads(cloud.stowage, await cloud.stowage.app(), 1);
  expect(await cloud.stowage.drain()).toMatchObject({ finished: true, failed: {} });
  await eventually(async () => expect(new Set(cloud.lines())).toEqual(new Set(['ERROR reconcile stopped'])));
  expect(await cloud.reconcile({ dryRun: false })).toMatchObject(refused('bucket_of_another_table'));
  expect(await cloud.stowage.bucketKeys()).toHaveLength(4);
  await cloud.stop();
});

/** What DynamoDB restores: a new table with the items and indexes of that moment, without stream and TTL. */
async function restoreBeside({ dynamodb: { endpoint, tableName } }: Cloud['dev'], name: string): Promise<void> {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const { StreamSpecification: _, ...shape } = createTableInput(name);
  await client.send(new CreateTableCommand(shape));
  const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: tableName }));
  expect(LastEvaluatedKey).toBeUndefined();
  for (let from = 0; from < Items.length; from += 25) {
    const requests = Items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }));
  }
  client.destroy();
}

it('a table restored beside the damaged one takes its place by a setting, as docs/operating.md says', {
  timeout: 240_000,
}, async () => {
  const before = await start(undefined, 0);
  const app = await before.stowage.app();
  const kept = await uploads(before.stowage, app, 2);
  expect(await before.stowage.drain()).toMatchObject({ failed: {} });
  await restoreBeside(before.cloud.dev, 'stowage-restored');
  const [lost] = await uploads(before.stowage, app, 1);
  expect(await before.stowage.drain()).toMatchObject({ failed: {} });
  const data = await before.stop();

  const after = await start(data, undefined, 'stowage-restored');
  const { model } = after.cloud.stack;
  expect(model.tables.map(({ name }) => name)).toEqual(['stowage-restored']);
  expect(model.mappings.filter(({ kind }) => kind === 'stream')).toMatchObject([
    { sourceArn: expect.stringContaining(':table/stowage-restored/stream/') },
  ]);
  const paths = pathsOf(app);
  const read = (id: string) => after.stowage.call('GET', `${paths.files}/${id}`, { token: app.sessionToken });
  for (const id of kept) expect((await read(id)).status).toBe(200);
  expect((await read(lost ?? '')).status).toBe(404);

  // Nothing is removed until somebody has looked.
  expect(await after.reconcile({ dryRun: false })).toMatchObject(refused('table_restored'));
  const dry = await after.reconcile({ dryRun: true });
  expect(dry.body).toMatchObject({ objectsWithoutRecord: { count: 1 } });
  const { stopped } = dry.body as { stopped: { confirm: string }[] };
  expect(await after.reconcile({ dryRun: false, confirm: stopped[0]?.confirm })).toMatchObject({
    status: 200,
    body: { complete: true, stopped: [], removed: { objectsWithoutRecord: 0 } },
  });
  await uploads(after.stowage, app, 1);
  expect(await after.stowage.drain()).toMatchObject({ finished: true, failed: {} });
  expect(await after.stowage.bucketKeys()).toHaveLength(4);

  // Its stream wakes the expiry worker, and no schedule runs here.
  const staging = await after.stowage.app({ stagedTtlSeconds: 1 });
  expect((await stage(after.stowage, staging, { bytes: photo })).status).toBe(201);
  expect(await after.stowage.bucketKeys()).toHaveLength(5);
  await expect.poll(() => after.cloud.stack.sweepTtl()).toBeGreaterThan(0);
  await expect.poll(() => after.stowage.bucketKeys()).toHaveLength(4);
  await after.stop();
});
