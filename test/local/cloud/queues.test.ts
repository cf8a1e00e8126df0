import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openQueueStore } from '#local/sqs/store.ts';
import type { QueueSpec } from '#local/template/model.ts';
import { endTestCloud, startTestCloud, type TestCloud, temporaryFolder } from './app.ts';

let cloud: TestCloud;
let client: SQSClient;
const credentials = { accessKeyId: 'operator', secretAccessKey: 'x' };

let receives = true;

beforeAll(async () => {
  const intercept = ({ operation }: { operation: string }) =>
    operation === 'ReceiveMessage' && !receives ? { status: 503, code: 'ServiceUnavailable' } : undefined;
  cloud = await startTestCloud({ sqs: { intercept } });
  client = new SQSClient({ endpoint: cloud.endpoints.sqs, region: 'us-east-1', credentials });
});
afterAll(() => endTestCloud(cloud));

const url = (start: string) => `${cloud.endpoints.sqs}/000000000000/${cloud.queueName(start)}`;
const send = (body: object, DelaySeconds?: number) =>
  client.send(new SendMessageCommand({ QueueUrl: url('Queue'), MessageBody: JSON.stringify(body), DelaySeconds }));
const seen = (id: string) => cloud.recorded().filter((record) => record.id === id);
const worker = () => cloud.model.functions.find(({ logicalId }) => logicalId.startsWith('QueueWorker'))?.name ?? '';

describe('a queue with a function', () => {
  it('delivers what is sent', async () => {
    await send({ type: 'work', id: 'plain' });
    await expect.poll(() => seen('plain'), { timeout: 10_000 }).toHaveLength(1);
  });

  it('tries only the failed messages of a batch again, when the drain cuts their timeout short', async () => {
    const entries = ['good', 'bad'].map((id) => ({
      Id: id,
      MessageBody: JSON.stringify({ type: 'work', id: `partial-${id}`, fail: id === 'bad' ? 1 : 0 }),
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: url('Queue'), Entries: entries }));
    const report = await cloud.drain();
    expect(report.finished).toBe(true);
    expect(seen('partial-good')).toHaveLength(1);
    expect(seen('partial-bad').map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(report.failed[worker()]).toBe(1);
  });

  it.each([
    ['always fails', { fail: true }],
    ['kills its function', { crash: true }],
  ])('moves a message that %s to the dead letters after three tries', async (what, trouble) => {
    await send({ type: 'work', id: what, ...trouble });
    const report = await cloud.drain();
    expect(seen(what).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(report.left).toEqual({ [cloud.queueName('DeadLetters')]: 1 });
    const dead = await client.send(new ReceiveMessageCommand({ QueueUrl: url('DeadLetters'), WaitTimeSeconds: 1 }));
    expect(JSON.parse(dead.Messages?.[0]?.Body ?? '')).toMatchObject({ id: what });
    await client.send(new PurgeQueueCommand({ QueueUrl: url('DeadLetters') }));
  });

  it('deletes what the filter does not want', async () => {
    await send({ type: 'other', id: 'filtered' });
    await client.send(new SendMessageCommand({ QueueUrl: url('Queue'), MessageBody: 'not json' }));
    const report = await cloud.drain();
    expect(report).toMatchObject({ finished: true, left: {} });
    expect(seen('filtered')).toEqual([]);
  });

  it('keeps a delayed message until the drain asks for it', async () => {
    await send({ type: 'work', id: 'delayed' }, 900);
    const attributes = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url('Queue'), AttributeNames: ['All'] }),
    );
    expect(attributes.Attributes?.ApproximateNumberOfMessagesDelayed).toBe('1');
    await cloud.drain();
    expect(seen('delayed')).toHaveLength(1);
  });

  it('gives its function nothing while no message can be received, and all of it afterwards', async () => {
    await send({ type: 'work', id: 'before' });
    await expect.poll(() => seen('before')).toHaveLength(1);
    onTestFinished(() => {
      receives = true;
    });
    receives = false;
    await send({ type: 'work', id: 'held' });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(seen('held')).toEqual([]);
    receives = true;
    await expect.poll(() => seen('held')).toHaveLength(1);
  });

  it('lets no delayed message overtake one that is being worked on', async () => {
    await send({ type: 'work', id: 'at once', takesMs: 500 });
    await send({ type: 'work', id: 'in a while' }, 900);
    await cloud.drain();
    const order = cloud.recorded().flatMap(({ id }) => (id === 'at once' || id === 'in a while' ? [id] : []));
    expect(order).toEqual(['at once', 'in a while']);
  });
});

describe('the endpoint', () => {
  it('checks what it is sent and answers in the SDK’s terms', async () => {
    const QueueUrl = url('DeadLetters');
    const attributes = {
      kind: { DataType: 'String', StringValue: 'né' },
      raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1]) },
    };
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a', MessageAttributes: attributes }));
    const got = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 1 }),
    );
    expect(got.Messages?.[0]?.MessageAttributes?.kind?.StringValue).toBe('né');
    await expect(
      client.send(new SendMessageCommand({ QueueUrl: `${QueueUrl}-x`, MessageBody: 'a' })),
    ).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    const tooLong = new SendMessageCommand({ QueueUrl, MessageBody: 'a'.repeat(1_048_577) });
    await expect(client.send(tooLong)).rejects.toMatchObject({ message: expect.stringContaining('must be shorter') });
    await expect(send({}, 901)).rejects.toThrow();
  });

  it('may find none of a few messages where it is not asked to wait, as SQS may', async () => {
    const QueueUrl = url('DeadLetters');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'there' }));
    const poll = async (WaitTimeSeconds: number) => {
      const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, VisibilityTimeout: 0 });
      return ((await client.send(command)).Messages ?? []).length;
    };
    expect(new Set([await poll(0), await poll(0)])).toEqual(new Set([0, 1]));
    expect(await poll(1)).toBe(1);
  });

  it('waits for a message when asked to, and is woken by it', async () => {
    const QueueUrl = url('DeadLetters');
    await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200, WaitTimeSeconds: 1 }),
    );
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'awaited' }));
    expect((await waiting).Messages?.[0]?.Body).toBe('awaited');
  });
});

describe('the store', () => {
  const queue: QueueSpec = {
    name: 'q',
    arn: 'arn:aws:sqs:us-east-1:000000000000:q',
    visibilityTimeoutSeconds: 30,
    delaySeconds: 0,
    retentionSeconds: 345_600,
    maxMessageBytes: 1_048_576,
  };

  it('keeps every acknowledged message when its process is killed', async () => {
    const dir = temporaryFolder();
    const child = fork(path.join(import.meta.dirname, 'store-writer.ts'), [dir]);
    const acknowledged: string[] = [];
    const enough = Promise.withResolvers<void>();
    child.on('message', (id: string) => {
      acknowledged.push(id);
      if (acknowledged.length === 200) enough.resolve();
    });
    await enough.promise;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const store = openQueueStore(dir);
    const found = new Set<string>();
    for (let batch = store.receive(queue, 10); batch.length > 0; batch = store.receive(queue, 10)) {
      for (const { messageId } of batch) found.add(messageId);
    }
    store.close();
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
    rmSync(dir, { recursive: true });
  });

  it('hides a received message until its timeout, and honours only the newest receipt', () => {
    const dir = temporaryFolder();
    let now = Date.now();
    const store = openQueueStore(dir, () => now);
    store.send(queue, 'once');
    const [first] = store.receive(queue, 1);
    expect(store.receive(queue, 1)).toEqual([]);
    now += 30_001;
    const [second] = store.receive(queue, 1);
    expect(second).toMatchObject({ body: 'once', receiveCount: 2 });
    store.delete(queue, first?.receiptHandle ?? '');
    expect(store.counts(queue)).toEqual({ visible: 0, invisible: 1, delayed: 0 });
    store.delete(queue, second?.receiptHandle ?? '');
    expect(store.counts(queue)).toEqual({ visible: 0, invisible: 0, delayed: 0 });
    store.close();
    rmSync(dir, { recursive: true });
  });

  it('forgets messages older than the retention', () => {
    const dir = temporaryFolder();
    let now = Date.now();
    const store = openQueueStore(dir, () => now);
    store.send(queue, 'old');
    now += 345_601_000;
    expect(store.receive(queue, 1)).toEqual([]);
    expect(store.counts(queue).visible).toBe(0);
    store.close();
    rmSync(dir, { recursive: true });
  });
});
