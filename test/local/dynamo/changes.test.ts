import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChangeReader, type Dynamo, startDynamo } from '#local/dynamo/server.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const TableName = 'files';
let dir: string;
let dynamo: Dynamo;
let client: DynamoDBClient;

async function start(...readers: ChangeReader[]) {
  dynamo = await startDynamo({ dir, readers });
  await dynamo.createTable({
    TableName,
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}
const stop = async () => {
  client.destroy();
  await dynamo.close();
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-changes-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const writes = (record: DynamoDBRecord) => record.eventName !== 'REMOVE';
const briefly = ({ eventName, dynamodb }: DynamoDBRecord) =>
  [eventName, dynamodb?.Keys?.pk?.S, dynamodb?.OldImage?.n?.N, dynamodb?.NewImage?.n?.N].join(' ');
const put = (pk: string, n: number) =>
  client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, n: { N: String(n) } } }));

describe('the stream of writes', () => {
  it('tells what an item was and is, in the order of the writes, a transaction’s parts too, and nothing refused', async () => {
    const told: string[] = [];
    await start({ name: 'one', wants: () => true, take: async (records) => void told.push(...records.map(briefly)) });
    await put('a', 1);
    await client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: { pk: { S: 'a' }, n: { N: '2' } } } },
          { Put: { TableName, Item: { pk: { S: 'b' }, n: { N: '1' } } } },
        ],
      }),
    );
    const refused = new UpdateItemCommand({
      TableName,
      Key: { pk: { S: 'a' } },
      UpdateExpression: 'SET n = :n',
      ConditionExpression: 'n = :n',
      ExpressionAttributeValues: { ':n': { N: '9' } },
    });
    await expect(client.send(refused)).rejects.toThrow(/conditional/);
    await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: 'a' } } }));
    await dynamo.settleChanges();
    expect(told).toEqual(['INSERT a  1', 'MODIFY a 1 2', 'INSERT b  1', 'REMOVE a 2 ']);
    await stop();
  });

  it('keeps what a reader has not taken over a restart, and tells it then', async () => {
    await start({ name: 'one', wants: writes, take: () => Promise.reject(new Error('not now')) });
    await put('a', 1);
    await put('a', 2);
    await dynamo.settleChanges();
    await stop();
    const told: string[] = [];
    await start({ name: 'one', wants: writes, take: async (records) => void told.push(...records.map(briefly)) });
    await put('a', 3);
    await dynamo.settleChanges();
    expect(told).toEqual(['INSERT a  1', 'MODIFY a 1 2', 'MODIFY a 2 3']);
    await stop();
  });

  it('lets a reader that is slow hold up nobody else', async () => {
    const told: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await start(
      { name: 'slow', wants: writes, take: () => promise },
      { name: 'quick', wants: writes, take: async (records) => void told.push(...records.map(briefly)) },
    );
    await put('a', 1);
    await expect.poll(() => told).toEqual(['INSERT a  1']);
    resolve();
    await dynamo.settleChanges();
    await stop();
  });
});
