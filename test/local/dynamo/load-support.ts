/** A table under load, for tests of what load does to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { LoadOptions } from '#local/dynamo/load.ts';
import { startDynamo } from '#local/dynamo/server.ts';
import { access } from '#test/support/tables.ts';

export const TableName = 'loaded';
const keys = [
  { AttributeName: 'pk', KeyType: 'HASH' },
  { AttributeName: 'sk', KeyType: 'RANGE' },
];
const definition = {
  TableName,
  KeySchema: keys,
  AttributeDefinitions: ['pk', 'sk', 'gpk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byGpk',
      KeySchema: [{ AttributeName: 'gpk', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

const open: { close(): unknown }[] = [];

/** To be called after each test. */
export async function closeLoaded(): Promise<void> {
  for (const part of open.splice(0).reverse()) await part.close();
}

/** A table under load, and a client that never tries again. */
export async function loaded(load: LoadOptions, more: Parameters<typeof startDynamo>[0] = {}) {
  const dynamo = await startDynamo({ ...more, load });
  await dynamo.createTable(definition);
  const client = new DynamoDBClient({ endpoint: dynamo.endpoint, ...access, maxAttempts: 1 });
  open.push(dynamo, { close: () => client.destroy() });
  return { dynamo, db: DynamoDBDocumentClient.from(client) };
}

export type Db = Awaited<ReturnType<typeof loaded>>['db'];
export const item = (pk: string) => ({ pk, sk: 'x' });
export const target = (pk: string) => ({ TableName, Key: item(pk) });
export const put = (pk: string) => ({ Put: { TableName, Item: { ...item(pk), by: 'transaction' } } });
export const write = (db: Db, ...TransactItems: object[]) =>
  db.send(new TransactWriteCommand({ TransactItems } as never));
export const get = async (db: Db, pk: string) =>
  (await db.send(new GetCommand({ ...target(pk), ConsistentRead: true }))).Item;
export const reasonsOf = (error: unknown) =>
  (error as { CancellationReasons?: { Code?: string }[] }).CancellationReasons?.map(({ Code }) => Code);

/** A transaction that is at its items until it is awaited; it is there when this resolves. */
export async function ongoing(db: Db, ...parts: object[]) {
  const running = write(db, ...parts);
  running.catch(() => undefined);
  await sleep(50);
  return { end: () => running };
}
