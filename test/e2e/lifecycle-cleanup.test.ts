import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { counterChanges, counterItems } from '#adapters/dynamo/counters.ts';
import { toItem } from '#adapters/dynamo/file-item.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { markerPrefix, newId, newObjectKey } from '#core/files/ids.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { isLong } from '#test/support/long.ts';
import { sessionFile } from '#test/support/records.ts';
import { openTable } from './faults-support.ts';
import { openCloud, type TestApp } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
let documents: DynamoDBDocumentClient;
beforeAll(async () => {
  opened = await openCloud();
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const { endpoint } = opened.cloud.dev.dynamodb;
  documents = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region: 'us-east-1', credentials }));
}, 180_000);
afterAll(async () => {
  documents?.destroy();
  await opened.close();
});

const sizeBytes = 64;

function recordOf(app: TestApp, index: number): ExtensionFile {
  const id = newId(new Date(Date.now() - 86_400_000 + index));
  const { dueAt: _, ...file } = sessionFile({
    ...idsOf(app),
    id,
    key: newObjectKey('extensions', id, 'webp'),
    sizeBytes,
  });
  return { ...file, state: 'ready', rev: 2 };
}
const idsOf = ({ appId, userId, sessionId, lockId }: TestApp) => ({ appId, userId, sessionId, lockId });

/** Files of an app's session as uploads would have left them, in bulk. */
async function fill(app: TestApp, count: number): Promise<void> {
  const { dev } = opened.cloud;
  const { endpoint, accessKeyId, secretAccessKey, bucket } = dev.r2;
  const objects = createObjectStore({
    endpoint,
    buckets: { default: bucket },
    credentials: async () => ({ accessKeyId, secretAccessKey }),
  });
  const files = Array.from({ length: count }, (_, index) => recordOf(app, index));
  const bytes = Buffer.alloc(sizeBytes);
  const next = files.values();
  const write = async () => {
    for (const file of next)
      await objects.put({ bucket: 'default', key: file.key }, bytes, { contentType: 'image/webp' });
  };
  await Promise.all(Array.from({ length: 12 }, write));
  const TableName = dev.dynamodb.tableName;
  for (let start = 0; start < count; start += 25) {
    const puts = files.slice(start, start + 25).map((file) => ({ PutRequest: { Item: toItem(file) } }));
    await documents.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
  }
  const changes = counterChanges(files.map((to) => ({ from: undefined, to })));
  for (const { Update } of counterItems(TableName, changes, new Date().toISOString())) {
    if (Update !== undefined) await documents.send(new UpdateCommand(Update));
  }
}

/** Of files: the mark of the bucket's table stays. */
async function objectsLeft(): Promise<number> {
  const { endpoint, accessKeyId, secretAccessKey, bucket } = opened.cloud.dev.r2;
  const credentials = async () => ({ accessKeyId, secretAccessKey });
  const page = await createObjectLister({ endpoint, buckets: { default: bucket }, credentials }).list('default', {});
  return page.objects.filter(({ key }) => !key.startsWith(markerPrefix)).length;
}

/** Deletes an app of that many files and drains; tells what the worker did and the most memory it ever had. */
async function removeAppOf(count: number) {
  const { stowage, cloud } = opened;
  const app = await stowage.app();
  await fill(app, count);
  const json = { eventId: `end-${count}`, type: 'app.deleted', appId: app.appId };
  await stowage.ok('POST', '/platform/lifecycle-events', { token: cloud.dev.platformToken, json });
  const worker = cloud.stack.model.functions.find(({ name }) => /cleanup/i.test(name))?.name ?? '';
  let ran = 0;
  for (let finished = false; !finished; ) {
    const report = await cloud.drain();
    // A function that ran longer than its timeout, or out of memory, would be a failure here.
    expect([report.failed, report.left]).toEqual([{}, report.finished ? {} : report.left]);
    ran += report.ran[worker] ?? 0;
    finished = report.finished;
  }
  return { pages: ran, peakBytes: cloud.stack.functions.peakRssBytes()[worker] ?? 0 };
}

/** Ten thousand take two minutes of both cores, which is for `LONG_TESTS=1`; what grows with them shows with fewer. */
const [fewFiles, manyFiles] = isLong ? [500, 10_000] : [100, 600];

it('files of an app go, however many, page by page, in functions that run briefly, in memory that stays flat', {
  timeout: 600_000,
}, async () => {
  const few = await removeAppOf(fewFiles);
  const many = await removeAppOf(manyFiles);
  expect(await objectsLeft()).toBe(0);
  const table = openTable(opened.cloud);
  expect((await table.items()).filter(({ sk }) => sk === 'FILE' || sk === 'CLEANUP')).toEqual([]);
  table.close();
  // Sixteen files a message, and one look again: no message did the work of many.
  expect([few.pages, many.pages]).toEqual([fewFiles, manyFiles].map((files) => Math.ceil(files / 16) + 1));
  expect(many.peakBytes).toBeLessThan(few.peakBytes * 1.5);
});
