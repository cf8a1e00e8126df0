import { readFileSync } from 'node:fs';
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { openTable, type Table } from '#adapters/dynamo/client.ts';
import { transact } from '#adapters/dynamo/transaction.ts';
import { createTableInput } from '#lib/table-schema.ts';
import { type Fault, startDynamo } from '#local/dynamo/server.ts';
import { access } from '#test/support/tables.ts';

/**
 * Every error that DynamoDB's API Reference names for an operation we use, and what becomes of it. The names are read from
 * the SDK's own documentation, so a version that brings a new one fails here until somebody decides.
 */
const key = { pk: 'a', sk: 'b' };
const tableName = 'stowage';

const send = (table: Table, command: unknown) =>
  (table.documents.send as (command: unknown) => Promise<unknown>)(command);
const item = { TableName: tableName, Key: key };
const partition = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'a' } };

/** Each operation as the stores use it. */
const operations: Record<string, (table: Table) => Promise<unknown>> = {
  GetItem: (table) => send(table, new GetCommand(item)),
  PutItem: (table) => send(table, new PutCommand({ TableName: tableName, Item: key })),
  UpdateItem: (table) => send(table, new UpdateCommand({ ...item, UpdateExpression: 'REMOVE x' })),
  DeleteItem: (table) => send(table, new DeleteCommand(item)),
  Query: (table) => send(table, new QueryCommand({ TableName: tableName, ...partition })),
  Scan: (table) => send(table, new ScanCommand({ TableName: tableName })),
  BatchGetItem: (table) => send(table, new BatchGetCommand({ RequestItems: { [tableName]: { Keys: [key] } } })),
  TransactWriteItems: (table) => transact(table, [{ Put: { TableName: tableName, Item: key } }]),
};

/**
 * `again`: tried until it works, and `temporarily_unavailable` when it never does. `later`: that at once. `as it is`: for
 * whoever asked to make something of, and a defect where nobody does.
 */
type Outcome = 'again' | 'later' | 'as it is';

const outcomes: Record<string, Outcome> = {
  InternalServerError: 'again',
  ProvisionedThroughputExceededException: 'again',
  RequestLimitExceeded: 'again',
  ThrottlingException: 'again',
  TransactionConflictException: 'again',
  ReplicatedWriteConflictException: 'again',
  TransactionInProgressException: 'again',
  // The address of an endpoint has changed, which the next request learns.
  InvalidEndpointException: 'later',
  ConditionalCheckFailedException: 'as it is',
  // Mistakes of ours, which must show as such.
  ResourceNotFoundException: 'as it is',
  ItemCollectionSizeLimitExceededException: 'as it is',
  IdempotentParameterMismatchException: 'as it is',
  // By its reasons, below.
  TransactionCanceledException: 'as it is',
};

/** Reasons of a cancelled transaction, from the errors of TransactWriteItems in the API Reference. */
const reasons: Record<string, Outcome> = {
  TransactionConflict: 'again',
  ProvisionedThroughputExceeded: 'again',
  ThrottlingError: 'again',
  ItemCollectionSizeLimitExceeded: 'as it is',
  ValidationError: 'as it is',
  AccessDenied: 'as it is',
};

type WireFault = Extract<Fault, { type: string }>;

const statusOf = (type: string) => (type === 'InternalServerError' ? 500 : 400);
const wireFault = (type: string): WireFault => ({ type, message: 'Provoked for a test.', status: statusOf(type) });
const canceled = (...codes: string[]): WireFault => ({
  type: 'TransactionCanceledException',
  message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
  more: { CancellationReasons: codes.map((Code) => ({ Code })) },
});

function documentedErrors(operation: string): string[] {
  const file = import.meta
    .resolve('@aws-sdk/client-dynamodb')
    .replace(/dist-[a-z]+\/.*$/, `dist-types/commands/${operation}Command.d.ts`);
  const text = readFileSync(new URL(file), 'utf8');
  const names = [...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => name !== 'DynamoDBServiceException');
}

/** A table of its own for each case: the SDK's tries are on a budget that a series of failures uses up. */
async function brokenTable(given: Fault, times: number) {
  let calls = 0;
  const dynamo = await startDynamo({
    intercept: () => {
      calls += 1;
      return calls <= times ? given : undefined;
    },
  });
  await dynamo.createTable({ ...createTableInput(tableName) });
  const table = openTable(tableName, { endpoint: dynamo.endpoint, ...access });
  return { table, calls: () => calls, close: () => dynamo.close() };
}

/** How often the fault comes, what then becomes of the operation, and after how many calls. */
async function endOf(run: (table: Table) => Promise<unknown>, given: Fault, times: number) {
  const { table, calls, close } = await brokenTable(given, times);
  const end = await run(table).then(
    () => 'works',
    (error: Error & { code?: string }) => (error.name === 'AppError' ? error.code : error.name),
  );
  await close();
  return { end, calls: calls() };
}

async function endsOf(run: (table: Table) => Promise<unknown>, given: WireFault, outcome: Outcome | undefined) {
  if (outcome !== 'again') return [await endOf(run, given, 1)];
  const [passing, lasting] = await Promise.all([endOf(run, given, 2), endOf(run, given, Number.POSITIVE_INFINITY)]);
  // How many calls patience is worth is not this test's business.
  return [passing, { end: lasting.end, calls: Math.min(lasting.calls, 4) }];
}

function expectedEnds(given: WireFault, outcome: Outcome | undefined) {
  const later = 'temporarily_unavailable';
  if (outcome === 'again')
    return [
      { end: 'works', calls: 3 },
      { end: later, calls: 4 },
    ];
  return [{ end: outcome === 'later' ? later : given.type, calls: 1 }];
}

describe('an error DynamoDB documents', () => {
  it('is known for every operation that is used', () => {
    const errors = Object.keys(operations).flatMap(documentedErrors);
    expect(errors.length).toBeGreaterThan(50);
    expect(errors.filter((error) => !(error in outcomes))).toEqual([]);
  });

  it.concurrent.each(Object.entries(operations))('comes to its right end for %s', async (operation, run) => {
    const faults = documentedErrors(operation).map((error) => [error, wireFault(error), outcomes[error]] as const);
    const ends = faults.map(async ([error, given, outcome]) => [error, await endsOf(run, given, outcome)]);
    const expected = faults.map(([error, given, outcome]) => [error, expectedEnds(given, outcome)]);
    expect(Object.fromEntries(await Promise.all(ends))).toEqual(Object.fromEntries(expected));
  });
});

describe('a transaction cancelled', () => {
  const run = (table: Table) => transact(table, [{ Put: { TableName: tableName, Item: key } }]);

  it('comes to the end its reason asks for', async () => {
    const faults = Object.entries(reasons).map(
      ([reason, outcome]) => [reason, canceled('None', reason), outcome] as const,
    );
    const ends = faults.map(async ([reason, given, outcome]) => [reason, await endsOf(run, given, outcome)]);
    const expected = faults.map(([reason, given, outcome]) => [reason, expectedEnds(given, outcome)]);
    expect(Object.fromEntries(await Promise.all(ends))).toEqual(Object.fromEntries(expected));
  });

  it('for a conflict and for what will not pass is not tried again', async () => {
    const given = canceled('TransactionConflict', 'ValidationError');
    expect(await endsOf(run, given, 'as it is')).toEqual(expectedEnds(given, 'as it is'));
  });

  it('for a conflict and a condition that failed is answered by the condition', async () => {
    const { table, calls, close } = await brokenTable(canceled('TransactionConflict', 'ConditionalCheckFailed'), 1);
    await expect(run(table)).resolves.toEqual([{ failed: false }, { failed: true, old: undefined }]);
    expect(calls()).toBe(1);
    await close();
  });
});
