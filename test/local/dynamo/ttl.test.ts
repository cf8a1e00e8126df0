import {
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type UpdateTimeToLiveCommandInput,
} from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, expect, it } from 'vitest';
import { type Dynamo, type DynamoOptions, startDynamo } from '#local/dynamo/server.ts';
import { connect, refusal, tableDefinition } from './contract/fixture.ts';

const TableName = 'tickets';
const nowSeconds = 1_800_000_000;
const opened: Dynamo[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

async function start(options: DynamoOptions = {}) {
  const clock = { seconds: nowSeconds };
  const told: DynamoDBRecord[] = [];
  const server = await startDynamo({
    now: () => clock.seconds * 1000,
    onTtlRemoval: (record) => void told.push(record),
    ...options,
  });
  opened.push(server);
  await server.createTable({
    ...structuredClone(tableDefinition),
    TableName,
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  } as never);
  const client = connect(server.endpoint);
  const put = (sk: string, more: object) =>
    client.send(new PutCommand({ TableName, Item: { pk: 'ticket', sk, ...more } }));
  const get = async (sk: string) => (await client.send(new GetCommand({ TableName, Key: { pk: 'ticket', sk } }))).Item;
  return { server, client, clock, told, put, get };
}

it('removes what has expired from table and indexes, and tells it as a stream record', async () => {
  const { server, client, told, put, get } = await start();
  await put('old', { expires: nowSeconds - 1, owner: 'me', label: 'l', tags: ['x'] });
  await put('fresh', { expires: nowSeconds + 1, owner: 'me', label: 'm' });
  expect(await server.sweepTtl()).toBe(1);
  expect(await get('old')).toBeUndefined();
  expect(await get('fresh')).toBeDefined();
  const listed = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'by_label',
      KeyConditionExpression: '#o = :o',
      ExpressionAttributeNames: { '#o': 'owner' },
      ExpressionAttributeValues: { ':o': 'me' },
    }),
  );
  expect(listed.Items?.map(({ sk }) => sk)).toEqual(['fresh']);
  expect(told).toEqual([
    {
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: 'REMOVE',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
      dynamodb: {
        ApproximateCreationDateTime: nowSeconds,
        Keys: { pk: { S: 'ticket' }, sk: { S: 'old' } },
        OldImage: {
          pk: { S: 'ticket' },
          sk: { S: 'old' },
          expires: { N: String(nowSeconds - 1) },
          owner: { S: 'me' },
          label: { S: 'l' },
          tags: { L: [{ S: 'x' }] },
        },
        SequenceNumber: expect.stringMatching(/^\d{21}$/),
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:us-east-1:\d+:table\/tickets\/stream\//),
    },
  ]);
});

it('leaves what never expires: no time, a time of the wrong type, or one absurdly old', async () => {
  const { server, put } = await start();
  await put('none', {});
  await put('text', { expires: String(nowSeconds - 1) });
  await put('ancient', { expires: nowSeconds - 6 * 365 * 24 * 3600 });
  await put('zero', { expires: 0 });
  await put('milliseconds', { expires: (nowSeconds - 1) * 1000 });
  expect(await server.sweepTtl()).toBe(0);
});

it('goes by the time an item has when it is swept, not by one it had', async () => {
  const { server, client, clock, put, get } = await start();
  await put('extended', { expires: nowSeconds + 10 });
  await put('dropped', { expires: nowSeconds + 10 });
  const update = (sk: string, UpdateExpression: string, values?: object) =>
    client.send(
      new UpdateCommand({
        TableName,
        Key: { pk: 'ticket', sk },
        UpdateExpression,
        ...(values && { ExpressionAttributeValues: values as never }),
      }),
    );
  await update('extended', 'SET expires = :t', { ':t': nowSeconds + 100 });
  await update('dropped', 'REMOVE expires');
  clock.seconds += 50;
  expect(await server.sweepTtl()).toBe(0);
  clock.seconds += 100;
  expect(await server.sweepTtl()).toBe(1);
  expect(await get('extended')).toBeUndefined();
  expect(await get('dropped')).toBeDefined();
});

it('tells again what was not acknowledged, in order, and never what was', async () => {
  const attempts: string[] = [];
  let refuse = true;
  const { server, put } = await start({
    onTtlRemoval: async (record) => {
      attempts.push(String(record.dynamodb?.OldImage?.sk?.S));
      if (refuse) throw new Error('not now');
    },
  });
  for (const [position, sk] of ['a', 'b', 'c'].entries()) await put(sk, { expires: nowSeconds - 10 + position });
  expect(await server.sweepTtl()).toBe(3);
  expect(attempts).toEqual(['a']);
  refuse = false;
  expect(await server.sweepTtl()).toBe(0);
  expect(attempts).toEqual(['a', 'a', 'b', 'c']);
  await server.sweepTtl();
  expect(attempts).toHaveLength(4);
});

it('tells each removal once when sweeps overlap, with rising sequence numbers', async () => {
  const { server, told, put } = await start();
  for (let position = 0; position < 20; position++) await put(`s${position}`, { expires: nowSeconds - 1 });
  const removed = await Promise.all([server.sweepTtl(), server.sweepTtl(), server.sweepTtl()]);
  expect(removed.reduce((sum, n) => sum + n)).toBe(20);
  const numbers = told.map((record) => String(record.dynamodb?.SequenceNumber));
  expect(new Set(numbers).size).toBe(20);
  expect(numbers).toEqual([...numbers].sort());
});

it('lets a consumer write to the table it is told about', async () => {
  const { server, put, get } = await start({
    onTtlRemoval: async () => {
      await put('followed', { expires: nowSeconds - 1 });
    },
  });
  await put('old', { expires: nowSeconds - 1 });
  expect(await server.sweepTtl()).toBe(1);
  expect(await get('followed')).toBeDefined();
});

it('turns TTL on and off by the API, for items that are there already', async () => {
  const { server, client, put } = await start();
  const describe = async () => (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription;
  const update = (AttributeName: string, Enabled: boolean) =>
    client.send(
      new UpdateTimeToLiveCommand({
        TableName,
        TimeToLiveSpecification: { AttributeName, Enabled },
      } satisfies UpdateTimeToLiveCommandInput),
    );
  expect(await describe()).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  expect((await refusal(update('other', true))).name).toBe('ValidationException');
  await update('expires', false);
  expect(await describe()).toEqual({ TimeToLiveStatus: 'DISABLED' });
  await put('old', { expires: nowSeconds - 1, other: nowSeconds - 1 });
  expect(await server.sweepTtl()).toBe(0);
  await update('other', true);
  expect(await server.sweepTtl()).toBe(1);
});
