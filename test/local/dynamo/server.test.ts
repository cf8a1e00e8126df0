import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  BatchGetCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { type Dynamo, type DynamoOptions, type Fault, startDynamo } from '#local/dynamo/server.ts';
import { connect, refusal, tableDefinition } from './contract/fixture.ts';

const TableName = 'served';
const definition = () => ({ ...structuredClone(tableDefinition), TableName }) as never as { TableName: string };
const opened: Dynamo[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
  for (const one of folders.splice(0)) await rm(one, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'stowage-dynamo-'));
  folders.push(made);
  return made;
}

async function start(options: DynamoOptions = {}) {
  const server = await startDynamo(options);
  opened.push(server);
  await server.createTable(definition() as never);
  return { server, client: connect(server.endpoint) };
}
const Item = { pk: 'p', sk: 's', owner: 'me', label: 'l' };
const Key = { pk: 'p', sk: 's' };
const put = () => new PutCommand({ TableName, Item });
const get = () => new GetCommand({ TableName, Key });
const listBy = (IndexName: string, name: string, value: string) =>
  new QueryCommand({
    TableName,
    IndexName,
    KeyConditionExpression: '#n = :v',
    ExpressionAttributeNames: { '#n': name },
    ExpressionAttributeValues: { ':v': value },
  });

describe('restart', () => {
  it('keeps items, indexes and tables in the folder', async () => {
    const dir = await folder();
    const first = await start({ dir });
    await first.client.send(put());
    await opened.pop()?.close();
    const { client } = await start({ dir });
    expect((await client.send(get())).Item).toEqual(Item);
    expect((await client.send(listBy('by_label', 'owner', 'me'))).Items).toEqual([Item]);
  });

  it('fills a new index from the items that are there, and drops one that is gone', async () => {
    const { server, client } = await start();
    await client.send(put());
    const next = structuredClone(tableDefinition) as never as Record<string, unknown[]>;
    next.GlobalSecondaryIndexes = [
      {
        IndexName: 'by_note',
        KeySchema: [{ AttributeName: 'label', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ];
    await server.createTable({ ...next, TableName } as never);
    expect((await client.send(listBy('by_note', 'label', 'l'))).Items).toEqual([Item]);
    expect((await refusal(client.send(listBy('by_label', 'owner', 'me')))).name).toBe('ValidationException');
    expect((await client.send(get())).Item).toEqual(Item);
  });

  it('refuses to replace a table by one with another key', async () => {
    const { server } = await start();
    const other = { ...definition(), KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] };
    await expect(server.createTable(other as never)).rejects.toThrow('another key schema');
  });

  it('refuses a folder that another server holds', async () => {
    const dir = await folder();
    await start({ dir });
    await expect(startDynamo({ dir })).rejects.toThrow();
  });
});

describe('access', () => {
  it('asks about every permission of a request, a transaction as its parts', async () => {
    const asked: unknown[][] = [];
    const { client } = await start({ authorize: (...args) => asked.push(args) > 0 });
    await client.send(put());
    await client.send(listBy('by_label', 'owner', 'me'));
    await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [Key] } } }));
    await client.send(new TransactGetCommand({ TransactItems: [{ Get: { TableName, Key } }] }));
    const other = (sk: string) => ({ TableName, Key: { pk: 'p', sk } });
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName, Item: { pk: 'p', sk: '1' } } },
          { Update: { ...other('2'), UpdateExpression: 'SET x = :x', ExpressionAttributeValues: { ':x': 1 } } },
          { Delete: other('3') },
          { ConditionCheck: { ...other('4'), ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
      }),
    );
    const actions = asked.map(([key, action, table, index]) => {
      expect([key, table]).toEqual(['tester', TableName]);
      return index ? `${action} ${index}` : action;
    });
    expect(actions).toEqual([
      'PutItem',
      'Query by_label',
      'BatchGetItem',
      'GetItem',
      'PutItem',
      'UpdateItem',
      'DeleteItem',
      'ConditionCheckItem',
    ]);
  });

  it('refuses a transaction whole when one part is not allowed', async () => {
    const { client } = await start({ authorize: (_key, action) => action !== 'DeleteItem' });
    const TransactItems = [{ Put: { TableName, Item } }, { Delete: { TableName, Key: { pk: 'x', sk: 'x' } } }];
    const error = await refusal(client.send(new TransactWriteCommand({ TransactItems })));
    expect(error.name).toBe('AccessDeniedException');
    expect(error.message).toMatch(
      /^User: tester is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:us-east-1:\d+:table\/served$/,
    );
    expect((await client.send(get())).Item).toBeUndefined();
  });

  it('tells callers apart by the access key of their signature', async () => {
    const { server, client } = await start({ authorize: (key) => key === 'allowed' });
    expect((await refusal(client.send(get()))).name).toBe('AccessDeniedException');
    expect((await connect(server.endpoint, 'allowed').send(get())).Item).toBeUndefined();
  });
});

describe('faults', () => {
  it('answers an injected exception and does nothing', async () => {
    let fault: Fault = { type: 'ProvisionedThroughputExceededException', message: 'slow down' };
    const { client } = await start({ intercept: ({ operation }) => (operation === 'PutItem' ? fault : undefined) });
    const error = await refusal(client.send(put()));
    expect([error.name, error.message]).toEqual(['ProvisionedThroughputExceededException', 'slow down']);
    fault = undefined;
    expect((await client.send(get())).Item).toBeUndefined();
    await client.send(put());
    expect((await client.send(get())).Item).toEqual(Item);
  });

  it.each([
    ['before', 'reset' as const, undefined],
    ['after', { afterEffect: 'reset' } as const, Item],
  ])('breaks the connection %s the write took effect', async (_when, fault, expected) => {
    const { client } = await start({ intercept: ({ operation }) => (operation === 'PutItem' ? fault : undefined) });
    expect((await refusal(client.send(put()))).message).toMatch(/ECONNRESET|socket hang up/);
    expect((await client.send(get())).Item).toEqual(expected);
  });

  it('injects cancellation reasons', async () => {
    const more = { CancellationReasons: [{ Code: 'TransactionConflict' }] };
    const { client } = await start({ intercept: () => ({ type: 'TransactionCanceledException', more }) });
    const error = await refusal(
      client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item } }] })),
    );
    expect(error.CancellationReasons).toEqual([{ Code: 'TransactionConflict' }]);
  });
});

describe('requests', () => {
  it('are told with their operation, caller and number of items', async () => {
    const told: object[] = [];
    const { client } = await start({ onRequest: (request) => told.push(request) });
    await client.send(put());
    await client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys: [Key, { pk: 'x', sk: 'y' }] } } }));
    await client.send(new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item } }] }));
    expect(told).toEqual([
      { operation: 'PutItem', accessKeyId: 'tester', items: 1 },
      { operation: 'BatchGetItem', accessKeyId: 'tester', items: 2 },
      { operation: 'TransactWriteItems', accessKeyId: 'tester', items: 1 },
    ]);
  });

  it.each([
    ['no JSON', 'GetItem', '{'],
    ['no object', 'GetItem', 'null'],
    ['an unknown operation', 'ExecuteStatement', '{}'],
    ['keys that are null', 'BatchGetItem', `{"RequestItems":{"${TableName}":{"Keys":[null]}}}`],
    ['parts that are null', 'TransactWriteItems', '{"TransactItems":[null]}'],
    ['parts that are text', 'TransactWriteItems', '{"TransactItems":[{"Put":"x"}]}'],
  ])('are refused when malformed (%s), and the server lives on', async (_what, operation, body) => {
    const { server, client } = await start();
    const response = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.json()).toHaveProperty('__type');
    expect((await client.send(get())).Item).toBeUndefined();
  });

  it('never see half of a transaction in a scan', async () => {
    const { client } = await start({ dir: await folder() });
    const both = (n: number) =>
      new TransactWriteCommand({
        TransactItems: ['a', 'b'].map((sk) => ({ Put: { TableName, Item: { pk: 'pair', sk, n } } })),
      });
    await client.send(both(0));
    const writes = (async () => {
      for (let n = 1; n <= 60; n++) await client.send(both(n));
    })();
    for (let reads = 0; reads < 60; reads++) {
      const { Items } = await client.send(new ScanCommand({ TableName }));
      expect(Items?.[0]?.n).toBe(Items?.[1]?.n);
    }
    await writes;
  });
});
