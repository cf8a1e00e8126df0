import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  DeleteMessageCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Authorizer } from '#local/iam/authorize.ts';
import { startSqs } from '#local/sqs/server.ts';
import { openQueueStore, type QueueStore } from '#local/sqs/store.ts';
import type { QueueSpec } from '#local/template/model.ts';
import { temporaryFolder } from './app.ts';

const everybody: Authorizer = {
  credentialsOf: () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
  isAllowed: () => true,
  functionMay: () => true,
  functionOf: () => undefined,
};
const spec = (name: string, more: Partial<QueueSpec> = {}): QueueSpec => ({
  name,
  arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 3600,
  maxMessageBytes: 262_144,
  ...more,
});
const dead = spec('dead.fifo', { fifo: true });
const queue = spec('events.fifo', { fifo: true, redrive: { deadLetterArn: dead.arn, maxReceiveCount: 2 } });
const standard = spec('standard');

let dir: string;
let now: number;
let store: QueueStore;
let server: Awaited<ReturnType<typeof startSqs>>;
let client: SQSClient;

beforeEach(async () => {
  dir = temporaryFolder();
  now = Date.now();
  store = openQueueStore(dir, () => now);
  const queues = [queue, dead, standard];
  server = await startSqs({ queues, store, authorizer: everybody, host: '127.0.0.1', port: 0 });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new SQSClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
});
afterEach(async () => {
  client.destroy();
  await server.close();
  store.close();
  rmSync(dir, { recursive: true, force: true });
});

const QueueUrl = (name = queue.name) => `${server.endpoint}/000000000000/${name}`;
const send = (body: string, group: string, id = body) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: QueueUrl(),
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: id,
    }),
  );
const receive = async (MaxNumberOfMessages = 1, VisibilityTimeout?: number) => {
  const command = new ReceiveMessageCommand({
    QueueUrl: QueueUrl(),
    MaxNumberOfMessages,
    VisibilityTimeout,
    WaitTimeSeconds: 1,
  });
  return (await client.send(command)).Messages ?? [];
};
const remove = (message: { ReceiptHandle?: string | undefined } | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl: QueueUrl(), ReceiptHandle: message?.ReceiptHandle }));

describe('a FIFO queue', () => {
  it('hands out nothing of a group while one of its messages is at work, and of others all the same', async () => {
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      await send(body, group);
    const [first] = await receive();
    const [second] = await receive();
    expect([first?.Body, second?.Body]).toEqual(['a1', 'b1']);
    expect(await receive()).toEqual([]);
    await remove(first);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['a2']);
  });

  it('keeps the order of a group over tries, and goes on when one has failed for good', async () => {
    await send('a1', 'a');
    await send('a2', 'a');
    for (let tries = 0; tries < 2; tries += 1) {
      expect((await receive(1, 10)).map(({ Body }) => Body)).toEqual(['a1']);
      now += 10_001;
    }
    expect((await receive()).map(({ Body }) => Body)).toEqual(['a2']);
    const [failed] = store.receive(dead, 1, 0);
    expect(failed).toMatchObject({ body: 'a1', fifo: { group: 'a', deduplicationId: failed?.messageId } });
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
    await expect
      .poll(async () => (await client.send(new ListMessageMoveTasksCommand({ SourceArn: dead.arn }))).Results)
      .toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }]);
    // A new message of the same group: it waits behind the one that was there.
    expect(await receive()).toEqual([]);
    now += 30_001;
    expect((await receive()).map(({ Body }) => Body)).toEqual(['a2']);
  });

  it('is moved back to only from its dead letters', async () => {
    const command = new StartMessageMoveTaskCommand({ SourceArn: queue.arn });
    await expect(client.send(command)).rejects.toThrow(/Dead Letter Queue/);
  });

  it('leaves out for five minutes what it was sent before, also when that is long done', async () => {
    const first = await send('a1', 'a');
    await remove((await receive())[0]);
    const again = await send('a1', 'a');
    expect(again.MessageId).toBe(first.MessageId);
    expect(await receive()).toEqual([]);
    now += 300_001;
    await send('a1', 'a');
    expect(await receive()).toHaveLength(1);
  });

  it('takes no message without a group or an id, and a standard queue none with an id', async () => {
    const command = { QueueUrl: QueueUrl(), MessageBody: 'x' };
    await expect(client.send(new SendMessageCommand(command))).rejects.toThrow(/MessageGroupId/);
    await expect(client.send(new SendMessageCommand({ ...command, MessageGroupId: 'a' }))).rejects.toThrow(
      /Deduplication/,
    );
    const Entries = [{ Id: '1', MessageBody: 'x', MessageDeduplicationId: 'a' }];
    const batch = new SendMessageBatchCommand({ QueueUrl: QueueUrl('standard'), Entries });
    await expect(client.send(batch)).rejects.toThrow(/FIFO/);
  });
});

it('a folder from before there were FIFO queues is opened with its messages', () => {
  const old = path.join(dir, 'old');
  mkdirSync(old);
  const db = new DatabaseSync(path.join(old, 'queues.db'));
  db.exec(`CREATE TABLE messages (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL, attributes TEXT NOT NULL, sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0, first_received_at INTEGER, receipt TEXT UNIQUE);
    INSERT INTO messages (queue, id, body, attributes, sent_at, visible_at) VALUES ('standard', '1', 'kept', '{}', ${now}, ${now})`);
  db.close();
  const opened = openQueueStore(old, () => now);
  expect(opened.receive(standard, 1)).toMatchObject([{ body: 'kept' }]);
  opened.close();
});
