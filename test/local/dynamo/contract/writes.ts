import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { type Fixture, putAll, refusal } from './fixture.ts';

/** Single and batched writes: conditions and update expressions. */
export function describeWrites(fixture: () => Fixture): void {
  const item = async (pk: string, sk = 'a') => {
    const { client, tableName: TableName } = fixture();
    return (await client.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }))).Item;
  };
  const update = (pk: string, UpdateExpression: string, values?: Record<string, unknown>, more: object = {}) => {
    const { client, tableName: TableName } = fixture();
    return client.send(
      new UpdateCommand({
        TableName,
        Key: { pk, sk: 'a' },
        UpdateExpression,
        ...(values && { ExpressionAttributeValues: values }),
        ReturnValues: 'ALL_NEW',
        ...more,
      }),
    );
  };

  it('creates an item once when the condition says it must not exist', async () => {
    const { client, tableName: TableName } = fixture();
    const put = (note: string) =>
      client.send(
        new PutCommand({
          TableName,
          Item: { pk: 'once', sk: 'a', note },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    await put('first');
    expect(await refusal(put('second'))).toBeInstanceOf(ConditionalCheckFailedException);
    expect(await item('once')).toEqual({ pk: 'once', sk: 'a', note: 'first' });
  });

  it('gives the old item with a failed condition when asked to', async () => {
    const { client, tableName: TableName } = fixture();
    const old = { pk: 'old', sk: 'a', tags: ['x'], size: 3 };
    await putAll(fixture(), [old]);
    const common = { TableName, Key: { pk: 'old', sk: 'a' }, ConditionExpression: 'attribute_not_exists(pk)' };
    const asked = await refusal(
      client.send(new DeleteCommand({ ...common, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
    );
    // In attribute values, also for the document client.
    expect(asked.Item).toEqual({ pk: { S: 'old' }, sk: { S: 'a' }, tags: { L: [{ S: 'x' }] }, size: { N: '3' } });
    expect((await refusal(client.send(new DeleteCommand(common)))).Item).toBeUndefined();
  });

  it('gives no old item with a failed condition when there is none', async () => {
    const error = await refusal(
      update(
        'nobody',
        'SET note = :n',
        { ':n': 1 },
        {
          ConditionExpression: 'attribute_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      ),
    );
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error.Item).toBeUndefined();
    expect(await item('nobody')).toBeUndefined();
  });

  it('adds to numbers that may be missing', async () => {
    await update('sum', 'ADD used :n', { ':n': 5 });
    await update('sum', 'SET files = if_not_exists(files, :zero) + :n ADD used :n', { ':n': 2, ':zero': 0 });
    const { Attributes } = await update('sum', 'SET files = files - :n REMOVE note', { ':n': 1 });
    expect(Attributes).toEqual({ pk: 'sum', sk: 'a', used: 7, files: 1 });
  });

  it('takes every operand of an update from the item as it was', async () => {
    await putAll(fixture(), [{ pk: 'was', sk: 'a', x: 1, y: 2, parts: ['a', 'b', 'c', 'd'] }]);
    const { Attributes } = await update('was', 'SET x = y, y = x REMOVE parts[0], parts[1] ADD z :n', { ':n': 1 });
    expect(Attributes).toEqual({ pk: 'was', sk: 'a', x: 2, y: 1, z: 1, parts: ['c', 'd'] });
    const copied = await update('was', 'SET w = x ADD x :n', { ':n': 10 });
    expect(copied.Attributes).toMatchObject({ w: 2, x: 12 });
  });

  it.each([
    ['absent = absent2', false],
    ['absent <> absent2', true],
    ['absent <= absent2', false],
    ['NOT absent = absent2', true],
    ['used <= absent', false],
    ['begins_with(absent, note)', false],
    ['contains(absent, note)', false],
    ['used <= quota', true],
    ['used < quota AND NOT note = sk', true],
    ['used IN (quota, note, used2)', true],
    ['shape = same', true],
    ['tags = tags2', true],
    ['contains(tags, note)', true],
    ['size(tags) < quota', true],
    ['used BETWEEN used2 AND quota', true],
    ['attribute_exists(shape.deep) AND attribute_not_exists(shape.nope)', true],
    ['note < used', false],
  ])('decides %s as %s', async (condition, expected) => {
    const { client, tableName: TableName } = fixture();
    const Item = {
      pk: 'decide',
      sk: 'a',
      used: 9,
      used2: 9,
      quota: 10,
      note: 'n',
      shape: { deep: [1, 'two'] },
      same: { deep: [1, 'two'] },
      tags: new Set(['n', 'm']),
      tags2: new Set(['m', 'n']),
    };
    await putAll(fixture(), [Item]);
    const outcome = await client.send(new PutCommand({ TableName, Item, ConditionExpression: condition })).then(
      () => true,
      (error) => (error instanceof ConditionalCheckFailedException ? false : Promise.reject(error)),
    );
    expect(outcome).toBe(expected);
  });

  it('refuses to empty a secondary index key, and leaves the item', async () => {
    const { client, tableName: TableName } = fixture();
    await putAll(fixture(), [{ pk: 'key', sk: 'a', owner: 'someone' }]);
    const emptied = client.send(new PutCommand({ TableName, Item: { pk: 'key', sk: 'a', owner: '' } }));
    expect((await refusal(emptied)).name).toBe('ValidationException');
    expect((await refusal(update('key', 'SET owner = :n', { ':n': '' }))).name).toBe('ValidationException');
    expect(await item('key')).toEqual({ pk: 'key', sk: 'a', owner: 'someone' });
  });

  it('reads and writes in batches, and leaves out what is not there', async () => {
    const { client, tableName: TableName } = fixture();
    const puts = ['a', 'b', 'c'].map((sk) => ({ PutRequest: { Item: { pk: 'batch', sk, note: sk } } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
    await client.send(
      new BatchWriteCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: { pk: 'batch', sk: 'b' } } }] } }),
    );
    const Keys = ['a', 'b', 'c'].map((sk) => ({ pk: 'batch', sk }));
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({
        RequestItems: { [TableName]: { Keys, ConsistentRead: true, ProjectionExpression: 'note' } },
      }),
    );
    expect(new Set(Responses?.[TableName]?.map(({ note }) => note))).toEqual(new Set(['a', 'c']));
    expect(UnprocessedKeys).toEqual({});
  });

  it('refuses a batch that names one key twice', async () => {
    const { client, tableName: TableName } = fixture();
    const Keys = [
      { pk: 'x', sk: 'a' },
      { pk: 'x', sk: 'a' },
    ];
    const get = client.send(new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }));
    expect((await refusal(get)).name).toBe('ValidationException');
  });
}
