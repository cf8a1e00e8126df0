import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStreamConsumer, type StreamRecord } from '#local/events/stream.ts';
import type { InvokeResult } from '#local/lambda/instance.ts';
import type { StreamMappingSpec } from '#local/template/model.ts';
import { endTestCloud, startTestCloud, type TestCloud } from './app.ts';

const operator = { region: 'us-east-1', credentials: { accessKeyId: 'operator', secretAccessKey: 'x' } };

describe('the stream of a table', () => {
  let cloud: TestCloud;
  let table: DynamoDBClient;
  beforeAll(async () => {
    cloud = await startTestCloud();
    table = new DynamoDBClient({ ...operator, endpoint: cloud.endpoints.dynamodb });
  });
  afterAll(() => endTestCloud(cloud));

  const put = (pk: string, more: Record<string, object>) =>
    table.send(
      new PutItemCommand({
        TableName: cloud.tableName,
        Item: { pk: { S: pk }, expiresAt: { N: String(Math.floor(Date.now() / 1000) - 60) }, ...more } as never,
      }),
    );
  const removed = (pk: string) => cloud.recorded().filter((record) => record.removed === pk);

  it('tells of what TTL removed, and only of what the filter wants', async () => {
    await put('expired', { kind: { S: 'ticket' } });
    await put('other', { kind: { S: 'file' } });
    const report = await cloud.drain();
    expect(report.ran.ttl).toBe(2);
    expect(removed('expired')).toEqual([
      {
        removed: 'expired',
        kind: 'ticket',
        eventName: 'REMOVE',
        userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      },
    ]);
    expect(removed('other')).toEqual([]);
    const Key = { pk: { S: 'expired' } };
    expect((await table.send(new GetItemCommand({ TableName: cloud.tableName, Key }))).Item).toBeUndefined();
  });

  it('describes a record that fails every try to the failure destination', async () => {
    await put('poisoned', { kind: { S: 'ticket' }, poison: { BOOL: true } });
    await put('after', { kind: { S: 'ticket' } });
    const report = await cloud.drain();
    expect(removed('poisoned')).toHaveLength(3);
    expect(removed('after')).toHaveLength(1);
    expect(report.left).toEqual({ [cloud.queueName('DeadLetters')]: 1 });
    const queues = new SQSClient({ ...operator, endpoint: cloud.endpoints.sqs });
    const QueueUrl = `${cloud.endpoints.sqs}/000000000000/${cloud.queueName('DeadLetters')}`;
    const { Messages } = await queues.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    const seconds = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const number = expect.stringMatching(/^\d+$/);
    // What Lambda writes, field by field: where the records were, and nothing of what they held.
    expect(JSON.parse(Messages?.[0]?.Body ?? '')).toEqual({
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        functionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1:000000000000:function:probe-StreamWorker\w+$/),
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      DDBStreamBatchInfo: {
        shardId: expect.stringMatching(/^shardId-\d{20}-[0-9a-f]{8}$/),
        startSequenceNumber: number,
        endSequenceNumber: number,
        approximateArrivalOfFirstRecord: seconds,
        approximateArrivalOfLastRecord: seconds,
        batchSize: 1,
        streamArn: expect.stringMatching(/^arn:aws:dynamodb:us-east-1:000000000000:table\/probe-Table\w+\/stream\//),
      },
    });
  });

  it('runs schedules in a drain, with the event of the service', async () => {
    const before = cloud.recorded().length;
    const { ran } = await cloud.drain();
    const events = cloud.recorded().slice(before);
    expect(events).toEqual([
      { scheduled: expect.objectContaining({ 'detail-type': 'Scheduled Event', source: 'aws.events' }) },
    ]);
    expect(Object.entries(ran).find(([name]) => name.startsWith('probe-Hourly'))?.[1]).toBe(1);
  });
});

describe('a batch of stream records', () => {
  const ttl = { eventName: ['REMOVE'], userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] } };
  const mapping: StreamMappingSpec = {
    kind: 'stream',
    logicalId: 'Mapping',
    functionName: 'consumer',
    sourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x',
    enabled: true,
    batchSize: 10,
    windowSeconds: 0,
    filters: [ttl],
    reportBatchItemFailures: false,
    bisect: true,
    maximumRetryAttempts: 1,
    onFailureArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
  };
  const record = (sequence: number): StreamRecord & { userIdentity: object } => ({
    eventName: 'REMOVE',
    userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    dynamodb: { SequenceNumber: String(sequence) },
  });

  /** A consumer whose function fails whenever its batch holds one of `bad`; gives the batches it saw. */
  function run(bad: number[], change: Partial<StreamMappingSpec> = {}) {
    const batches: number[][] = [];
    const dead: { DDBStreamBatchInfo: { batchSize: number; startSequenceNumber: string } }[] = [];
    const reports = change.reportBatchItemFailures ?? false;
    const consumer = createStreamConsumer({
      mapping: { ...mapping, ...change },
      async invoke(_name, event): Promise<InvokeResult> {
        const numbers = (event as { Records: StreamRecord[] }).Records.map((one) =>
          Number(one.dynamodb?.SequenceNumber),
        );
        batches.push(numbers);
        const failed = numbers.filter((number) => bad.includes(number));
        if (failed.length === 0) return { ok: true, payload: 'null' };
        if (!reports) return { ok: false, kind: 'error', error: { errorType: 'Error', errorMessage: 'bad' } };
        const batchItemFailures = failed.map((number) => ({ itemIdentifier: String(number) }));
        return { ok: true, payload: JSON.stringify({ batchItemFailures }) };
      },
      sendToQueue: (_arn, body) => dead.push(JSON.parse(body)),
    });
    return { consumer, batches, dead };
  }

  it('is halved until the bad record stands alone', async () => {
    const { consumer, batches, dead } = run([3]);
    await consumer.deliver([1, 2, 3, 4].map(record));
    expect(batches).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]);
    expect(dead.map(({ DDBStreamBatchInfo: info }) => info)).toEqual([
      expect.objectContaining({ batchSize: 1, startSequenceNumber: '3' }),
    ]);
  });

  it('goes on from the lowest reported failure, so later records come again', async () => {
    const { consumer, batches } = run([2], { reportBatchItemFailures: true, bisect: false });
    await consumer.deliver([1, 2, 3].map(record));
    expect(batches).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  it('is cut at the reported failure and not halved, so what follows it ends with it', async () => {
    const { consumer, batches, dead } = run([2], { reportBatchItemFailures: true });
    await consumer.deliver([1, 2, 3].map(record));
    expect(batches).toEqual([
      [1, 2, 3],
      [2, 3],
      [2, 3],
    ]);
    expect(dead.map(({ DDBStreamBatchInfo: info }) => info)).toEqual([
      expect.objectContaining({ batchSize: 2, startSequenceNumber: '2' }),
    ]);
  });

  it('goes to the failure destination whole when it is not halved', async () => {
    const { consumer, dead } = run([2], { bisect: false });
    await consumer.deliver([1, 2, 3].map(record));
    expect(dead).toEqual([expect.objectContaining({ DDBStreamBatchInfo: expect.objectContaining({ batchSize: 3 }) })]);
  });

  it('is not larger than the mapping says', async () => {
    const { consumer, batches } = run([], { batchSize: 2 });
    await consumer.deliver([1, 2, 3].map(record));
    expect(batches).toEqual([[1, 2], [3]]);
  });

  it.each([
    [[]],
    [[{ eventName: ['REMOVE'] }]],
    [[ttl, { eventName: ['INSERT'] }]],
    [[{ ...ttl, eventName: ['REMOVE', 'MODIFY'] }]],
  ])('cannot be had with filters that let other changes through: %j', (filters) => {
    expect(() => run([], { filters: filters as Record<string, unknown>[] })).toThrow(
      /TTL removals and of writes, each apart/,
    );
  });
});
