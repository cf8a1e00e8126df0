import { CreateTableCommand, DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';

/** A table with every kind of index projection; what each test writes lies under a partition of its own. */
export const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'owner', AttributeType: 'S' },
    { AttributeName: 'rank', AttributeType: 'N' },
    { AttributeName: 'label', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by_label',
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' },
        { AttributeName: 'label', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'by_rank',
      KeySchema: [
        { AttributeName: 'owner', KeyType: 'HASH' },
        { AttributeName: 'rank', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
    {
      IndexName: 'by_owner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['note'] },
    },
  ],
} as const;

export interface Fixture {
  client: DynamoDBDocumentClient;
  tableName: string;
}

/** A client that does not retry, so that a test sees each answer once. */
export function connect(endpoint: string, accessKeyId = 'tester'): DynamoDBDocumentClient {
  const credentials = { accessKeyId, secretAccessKey: 'not-checked' };
  const plain = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  return DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } });
}

export async function prepare(endpoint: string, tableName = 'contract'): Promise<Fixture> {
  const client = connect(endpoint);
  await client.send(new CreateTableCommand({ ...structuredClone(tableDefinition), TableName: tableName } as never));
  return { client, tableName };
}

export async function putAll({ client, tableName }: Fixture, items: Record<string, unknown>[]): Promise<void> {
  for (const Item of items) await client.send(new PutCommand({ TableName: tableName, Item }));
}

/** The error a promise rejects with; fails the test when it does not. */
export async function refusal(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return promise.then(
    () => {
      throw new Error('expected a refusal');
    },
    (error) => error,
  );
}

type Parts = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** The cancellation reasons' codes of a transaction that must not happen. */
export async function reasonsOf({ client }: Fixture, parts: Parts) {
  const error = await refusal(client.send(new TransactWriteCommand({ TransactItems: parts })));
  if (!(error instanceof TransactionCanceledException)) throw error;
  return error.CancellationReasons ?? [];
}

/** Sends a transaction until it is not cancelled for a conflict, as every caller has to. */
export async function transactWithRetry({ client }: Fixture, parts: Parts): Promise<void> {
  for (;;) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: parts }));
      return;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      const conflicted = reasons.some((reason) => reason.Code === 'TransactionConflict');
      if (!conflicted || reasons.some((reason) => reason.Code === 'ConditionalCheckFailed')) throw error;
    }
  }
}
