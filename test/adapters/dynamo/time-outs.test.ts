import type { Socket } from 'node:net';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { getFiles } from '#adapters/dynamo/batch-get.ts';
import { openTable, type Table } from '#adapters/dynamo/client.ts';
import { transact } from '#adapters/dynamo/transaction.ts';
import { createTableInput } from '#lib/table-schema.ts';
import { type DynamoOptions, type Fault, startDynamo } from '#local/dynamo/server.ts';
import { access } from '#test/support/tables.ts';

const name = 'stowage';
const key = { pk: 'a', sk: 'b' };
const unavailable = { name: 'AppError', code: 'temporarily_unavailable', retryAfterSeconds: 1 };

let dynamo: Awaited<ReturnType<typeof startDynamo>>;
let table: Table;
let intercept: DynamoOptions['intercept'];
let calls: string[];
let sockets: Set<Socket>;

beforeAll(async () => {
  dynamo = await startDynamo({
    intercept: (request) => {
      calls.push(request.operation);
      sockets.add(request.socket);
      return intercept?.(request);
    },
  });
  await dynamo.createTable({ ...createTableInput(name) });
});
afterAll(() => dynamo.close());
beforeEach(async () => {
  calls = [];
  sockets = new Set();
  table = open();
  await table.documents.send(new DeleteCommand({ TableName: name, Key: key }));
  calls = [];
});
afterEach(() => {
  intercept = undefined;
});

const open = (remainingMs?: () => number) =>
  openTable(name, { endpoint: dynamo.endpoint, ...access, ...(remainingMs && { remainingMs }) });
/** Whose pauses take no time. */
const impatient = () => openTable(name, { endpoint: dynamo.endpoint, ...access, wait: async () => {} });
const read = (from = table) => from.documents.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true }));
const count = async () => (await read()).Item?.count;
const faults = (...given: Fault[]) => {
  const left = [...given];
  intercept = () => left.shift();
};
const increment = {
  Update: {
    TableName: name,
    Key: key,
    UpdateExpression: 'ADD #count :one',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: { ':one': 1 },
  },
};
const conflict: Fault = {
  type: 'TransactionCanceledException',
  more: { CancellationReasons: [{ Code: 'TransactionConflict' }] },
};

describe('a table that takes a call and', () => {
  it.each([
    ['never answers', 'silence'],
    ['sends headers and stalls', 'stall'],
    ['drops the connection', 'reset'],
  ] as const)('%s is asked again', async (_, fault) => {
    faults(fault);
    await expect(read()).resolves.toMatchObject({});
    expect(calls).toEqual(['GetItem', 'GetItem']);
  });

  it.each(['silence', 'stall', 'reset'] as const)(
    'does the work before its %s has done it once',
    async (afterEffect) => {
      faults({ afterEffect });
      await expect(transact(table, [increment])).resolves.toBeUndefined();
      expect(await count()).toBe(1);
    },
  );

  it('does the work, loses the answer and then reports a conflict has done it once', async () => {
    faults({ afterEffect: 'reset' }, conflict, conflict);
    await expect(transact(table, [increment])).resolves.toBeUndefined();
    expect(calls).toHaveLength(4);
    expect(await count()).toBe(1);
  });

  it('never answers, however often it is asked, is a wish to come again after four tries', async () => {
    intercept = () => 'silence';
    await expect(read()).rejects.toMatchObject(unavailable);
    expect(calls).toHaveLength(4);
  });
});

describe('a caller whose time is', () => {
  it('short waits no longer for an answer than it has', async () => {
    intercept = () => 'silence';
    const end = Date.now() + 300;
    await expect(read(open(() => end - Date.now()))).rejects.toMatchObject(unavailable);
    expect(calls).toHaveLength(1);
  });

  it('short does not wait for a conflict to end', async () => {
    intercept = () => conflict;
    const end = Date.now() + 100;
    await expect(
      transact(
        open(() => end - Date.now()),
        [increment],
      ),
    ).rejects.toMatchObject(unavailable);
    expect(calls.length).toBeLessThan(12);
  });

  it('over calls nobody', async () => {
    await expect(read(open(() => -1))).rejects.toMatchObject(unavailable);
    expect(calls).toEqual([]);
  });
});

describe('connections', () => {
  const many = (howMany: number) => Promise.all(Array.from({ length: howMany }, () => read()));

  it.each(['silence', 'reset'] as const)(
    'that all died in the pool (%s) cost one more try, not one each',
    async (how) => {
      await many(8);
      const dead = new Set(sockets);
      expect(dead.size).toBe(8);
      calls = [];
      intercept = ({ socket }) => (dead.has(socket) ? how : undefined);
      await read();
      expect(calls).toEqual(['GetItem', 'GetItem']);
    },
  );

  it('that were idle through a freeze are not tried at all', async () => {
    await many(8);
    const dead = new Set(sockets);
    calls = [];
    intercept = ({ socket }) => (dead.has(socket) ? 'silence' : undefined);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 21_000 });
    await read().finally(() => vi.useRealTimers());
    expect(calls).toEqual(['GetItem']);
  });

  it('are as many as there are calls, so none waits for another’s and takes that for a dead server', async () => {
    intercept = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return undefined;
    };
    await many(120);
    expect(calls).toHaveLength(120);
  });
});

describe('a single write that meets a transaction', () => {
  const TableName = name;
  const refused: Fault = { type: 'TransactionConflictException', message: 'Transaction is ongoing for the item' };
  const writes = {
    PutItem: new PutCommand({ TableName, Item: key }),
    UpdateItem: new UpdateCommand(increment.Update),
    DeleteItem: new DeleteCommand({ TableName, Key: key }),
  };

  it.each(Object.entries(writes))('(%s) is tried again until it is through', async (operation, command) => {
    faults(refused, refused, refused);
    await (table.documents.send as (command: unknown) => Promise<unknown>)(command);
    expect(calls).toEqual([operation, operation, operation, operation]);
  });

  it('thirty times over is through then, since none of them says that anything is wrong', async () => {
    table = impatient();
    faults(...Array.from({ length: 30 }, () => refused));
    await table.documents.send(writes.PutItem);
    expect(calls).toHaveLength(31);
  });

  it('again and again is a wish to come again', async () => {
    table = impatient();
    intercept = () => refused;
    await expect(table.documents.send(writes.PutItem)).rejects.toMatchObject(unavailable);
    expect(calls).toHaveLength(36);
  });
});

describe('a batch of which keys stay unprocessed', () => {
  const ids = Array.from({ length: 100 }, (_, index) => index.toString(16).padStart(24, '0'));
  const put = (id: string) =>
    table.documents.send(new PutCommand({ TableName: name, Item: { pk: `FILE#${id}`, sk: 'FILE', id } }));

  it('is asked for the rest until it has all', async () => {
    const busy = await startDynamo({ load: { unprocessedShare: 0.5 } });
    await busy.createTable({ ...createTableInput(name) });
    table = openTable(name, { endpoint: busy.endpoint, ...access });
    await Promise.all(ids.map(put));
    const found = await getFiles(table, ids);
    expect(found.map(({ id }) => id).sort()).toEqual(ids);
    await busy.close();
  });

  it('for good is a wish to come again, after a few calls', async () => {
    intercept = ({ body }) => ({ answer: { Responses: { [name]: [] }, UnprocessedKeys: body.RequestItems } });
    await expect(getFiles(table, ids)).rejects.toMatchObject(unavailable);
    expect(calls.length).toBeLessThan(12);
  });
});
