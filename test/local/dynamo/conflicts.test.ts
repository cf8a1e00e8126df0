import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetCommand,
  DeleteCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { closeLoaded, get, item, loaded, ongoing, put, reasonsOf, TableName, target, write } from './load-support.ts';

/** Who meets whom at an item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html */
afterEach(closeLoaded);

const check = (pk: string) => ({
  ConditionCheck: { ...target(pk), ConditionExpression: 'attribute_not_exists(gone)' },
});
const holdMs = [400, 400] as const;

describe('an item that a transaction is at', () => {
  it.each([
    ['Put', new PutCommand({ TableName, Item: item('a') })],
    [
      'Update',
      new UpdateCommand({ ...target('a'), UpdateExpression: 'SET n = :n', ExpressionAttributeValues: { ':n': 1 } }),
    ],
    ['Delete', new DeleteCommand(target('a'))],
  ])('refuses a single %s, which changes nothing', async (_, command) => {
    const { db } = await loaded({ holdMs });
    const transaction = await ongoing(db, put('a'));
    const single = (db.send as (command: unknown) => Promise<unknown>)(command);
    await expect(single).rejects.toMatchObject({ name: 'TransactionConflictException' });
    await transaction.end();
    expect(await get(db, 'a')).toEqual({ ...item('a'), by: 'transaction' });
  });

  it.each([
    ['writes', put],
    ['only checks', check],
  ])('cancels another transaction that %s it, and says for which part', async (_, part) => {
    const { db } = await loaded({ holdMs });
    const transaction = await ongoing(db, put('a'));
    const error = await write(db, put('b'), part('a')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'TransactionCanceledException' });
    expect(reasonsOf(error)).toEqual(['None', 'TransactionConflict']);
    await transaction.end();
    expect(await get(db, 'b')).toBeUndefined();
  });

  it('is held as well by a transaction that only checks it', async () => {
    const { db } = await loaded({ holdMs });
    const transaction = await ongoing(db, check('a'), put('c'));
    await expect(write(db, check('a'), put('d'))).rejects.toMatchObject({ name: 'TransactionCanceledException' });
    await transaction.end();
  });

  it('cancels a transaction that reads it', async () => {
    const { db } = await loaded({ holdMs });
    const transaction = await ongoing(db, put('a'));
    const error = await db
      .send(new TransactGetCommand({ TransactItems: [{ Get: target('b') }, { Get: target('a') }] }))
      .catch((reason: unknown) => reason);
    expect(reasonsOf(error)).toEqual(['None', 'TransactionConflict']);
    await transaction.end();
  });

  it('is there for every plain read, as it was before', async () => {
    const { db } = await loaded({ holdMs });
    await db.send(new PutCommand({ TableName, Item: { ...item('a'), by: 'before' } }));
    const transaction = await ongoing(db, put('a'));
    const before = { ...item('a'), by: 'before' };
    const query = { TableName, KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': 'a' } };
    const batch = { RequestItems: { [TableName]: { Keys: [item('a')] } } };
    expect(await get(db, 'a')).toEqual(before);
    expect((await db.send(new QueryCommand(query))).Items).toEqual([before]);
    expect((await db.send(new ScanCommand({ TableName }))).Items).toEqual([before]);
    expect((await db.send(new BatchGetCommand(batch))).Responses?.[TableName]).toEqual([before]);
    await transaction.end();
  });

  it('is free again after it, done or refused', async () => {
    const { db } = await loaded({ holdMs: [1, 1] });
    await write(db, put('a'));
    const refused = { ...put('a').Put, ConditionExpression: 'attribute_not_exists(pk)' };
    await expect(write(db, { Put: refused })).rejects.toMatchObject({ name: 'TransactionCanceledException' });
    await write(db, put('a'));
    await db.send(new DeleteCommand(target('a')));
  });

  it('answers the same token that the transaction is in progress, and later as if it had run', async () => {
    const { db } = await loaded({ holdMs });
    const command = () => new TransactWriteCommand({ TransactItems: [put('a')], ClientRequestToken: 'the-same' });
    const first = db.send(command());
    await sleep(50);
    await expect(db.send(command())).rejects.toMatchObject({ name: 'TransactionInProgressException' });
    await first;
    await expect(db.send(command())).resolves.toBeDefined();
  });

  it('is never held without the setting', async () => {
    const { db } = await loaded({});
    await Promise.all(Array.from({ length: 50 }, () => write(db, put('a'))));
  });
});
