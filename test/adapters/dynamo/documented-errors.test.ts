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
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTable, type Table } from '#adapters/dynamo/client.ts';
import { transact } from '#adapters/dynamo/transaction.ts';
import { type DynamoOptions, type Fault, startDynamo } from '#local/dynamo/server.ts';
import { access, createTable } from '#test/support/tables.ts';

/**
 * Every error that DynamoDB's API Reference names for an operation we use, and what becomes of it. The names are read from
 * the SDK's own documentation, so a version that brings a new one fails here until somebody decides.
 */
let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let name: string;
let table: Table;
let fault: DynamoOptions['intercept'];
let calls: number;

beforeAll(async () => {
  dynamo = await startDynamo({
    intercept: (request) => {
      calls += 1;
      return fault?.(request);
    },
  });
  name = (await createTable(dynamo.endpoint)).name;
});
afterAll(() => dynamo.close());
beforeEach(() => {
  calls = 0;
  fault = undefined;
  // Each with a client of its own: the SDK's tries are on a budget that a series of failures uses up.
  table = openTable(name, { endpoint: dynamo.endpoint, ...access });
});

const key = { pk: 'a', sk: 'b' };
const send = (command: unknown) => (table.documents.send as (command: unknown) => Promise<unknown>)(command);
const named = () => ({ TableName: table.name });

/** Each operation as the stores use it. */
const operations: Record<string, () => Promise<unknown>> = {
  GetItem: () => send(new GetCommand({ ...named(), Key: key })),
  PutItem: () => send(new PutCommand({ ...named(), Item: key })),
  UpdateItem: () => send(new UpdateCommand({ ...named(), Key: key, UpdateExpression: 'REMOVE x' })),
  DeleteItem: () => send(new DeleteCommand({ ...named(), Key: key })),
  Query: () =>
    send(
      new QueryCommand({
        ...named(),
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': 'a' },
      }),
    ),
  Scan: () => send(new ScanCommand(named())),
  BatchGetItem: () => send(new BatchGetCommand({ RequestItems: { [table.name]: { Keys: [key] } } })),
  TransactWriteItems: () => transact(table, [{ Put: { ...named(), Item: key } }]),
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

const cases = Object.keys(operations).flatMap((operation) =>
  documentedErrors(operation).map((error) => [operation, error] as const),
);

const unavailable = { name: 'AppError', code: 'temporarily_unavailable', status: 503, retryAfterSeconds: 1 };

/** Gives the fault to the first calls, and to no other. */
function breakFirst(given: Fault, times: number): void {
  let left = times;
  fault = () => {
    left -= 1;
    return left < 0 ? undefined : given;
  };
}

async function expectOutcome(run: () => Promise<unknown>, given: Fault, outcome: Outcome | undefined): Promise<void> {
  if (outcome === 'again') {
    breakFirst(given, 2);
    await run();
    expect(calls).toBe(3);
    fault = () => given;
    await expect(run()).rejects.toMatchObject(unavailable);
    return;
  }
  breakFirst(given, 1);
  await expect(run()).rejects.toMatchObject(outcome === 'later' ? unavailable : { name: (given as WireFault).type });
  expect(calls).toBe(1);
}

describe('an error DynamoDB documents', () => {
  it('is known for every operation that is used', () => {
    expect(cases.length).toBeGreaterThan(50);
    expect([...new Set(cases.map(([, error]) => error))].filter((error) => !(error in outcomes))).toEqual([]);
  });

  it.each(cases)('of %s, %s, comes to its right end', async (operation, error) => {
    const run = operations[operation];
    await expectOutcome(run as () => Promise<unknown>, wireFault(error), outcomes[error]);
  });
});

describe('a transaction cancelled', () => {
  const run = () => operations.TransactWriteItems?.() as Promise<unknown>;

  it.each(Object.entries(reasons))('for %s comes to its right end', async (reason, outcome) => {
    await expectOutcome(run, canceled('None', reason), outcome);
  });

  it('for a conflict and for what will not pass is not tried again', async () => {
    await expectOutcome(run, canceled('TransactionConflict', 'ValidationError'), 'as it is');
  });

  it('for a conflict and a condition that failed is answered by the condition', async () => {
    fault = () => canceled('TransactionConflict', 'ConditionalCheckFailed');
    await expect(run()).resolves.toEqual([{ failed: false }, { failed: true, old: undefined }]);
    expect(calls).toBe(1);
  });
});
