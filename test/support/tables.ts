import { CreateTableCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, type BatchWriteCommandInput, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { openTable, type Table, type TableOptions } from '#adapters/dynamo/client.ts';
import { createTableInput, ttlAttribute } from '#lib/table-schema.ts';
import { startDynamo } from '#local/dynamo/server.ts';
import { startDynamoDbLocal } from './dynamodb-local.ts';

/** Credentials and region for a client of ours; no local service checks them. */
export const access = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

/** The deployed table's shape on some DynamoDB. `options` of the client beside those. */
export async function createTable(endpoint: string, options: TableOptions = {}): Promise<Table> {
  const name = `stowage-${crypto.randomUUID()}`;
  const client = new DynamoDBClient({ endpoint, ...access });
  await client.send(new CreateTableCommand(createTableInput(name)));
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { Enabled: true, AttributeName: ttlAttribute },
    }),
  );
  client.destroy();
  // DynamoDB Local beside other suites is slower than a service: what takes long here is not what these tests are about.
  return openTable(name, { endpoint, ...access, attemptMs: 15_000, ...options });
}

/** Both DynamoDBs a store must behave the same on; the real one only where Java and its jar are to be had. */
export const dynamoDbs = [
  { name: 'the one-machine DynamoDB', start: () => startDynamo() },
  { name: 'DynamoDB Local', start: startDynamoDbLocal },
] as const;

export async function allItems(table: Table): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await table.documents.send(new ScanCommand({ TableName: table.name, ConsistentRead: true }));
  return Items;
}

/** Items of one `BatchWriteItem`. */
const batchSize = 25;

type Writes = NonNullable<BatchWriteCommandInput['RequestItems']>[string];

/** One batch after the other: a thousand writes at once are more than DynamoDB Local answers within a call's time. */
async function writeAll(table: Table, left: Writes): Promise<void> {
  while (left.length > 0) {
    const RequestItems = { [table.name]: left.splice(0, batchSize) };
    const { UnprocessedItems = {} } = await table.documents.send(new BatchWriteCommand({ RequestItems }));
    left.push(...(UnprocessedItems[table.name] ?? []));
  }
}

export async function emptyTable(table: Table): Promise<void> {
  const items = await allItems(table);
  await writeAll(
    table,
    items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
  );
}

export async function putAll(table: Table, items: Record<string, unknown>[]): Promise<void> {
  await writeAll(
    table,
    items.map((Item) => ({ PutRequest: { Item } })),
  );
}

/** Counts nothing, whatever a slice of an app's counter may hold. */
export const countsNothing = (counter: Record<string, unknown>) =>
  Object.entries(counter).every(([name, count]) => !/^(usedBytes|fileCount)/.test(name) || count === 0);
