import { IdempotentParameterMismatchException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { type Fixture, putAll, reasonsOf, refusal, transactWithRetry } from './fixture.ts';

/** Transactions: all or nothing, the reasons when nothing, tokens, and what races may never do. */
export function describeTransactions(fixture: () => Fixture): void {
  const Table = () => ({ TableName: fixture().tableName });
  const read = async (pk: string, sk = 'a') =>
    (await fixture().client.send(new GetCommand({ ...Table(), Key: { pk, sk }, ConsistentRead: true }))).Item;
  const put = (pk: string, more: object = {}, sk = 'a') => ({ Put: { ...Table(), Item: { pk, sk, ...more } } });
  const add = (pk: string, n: number, more: object = {}) => ({
    Update: {
      ...Table(),
      Key: { pk, sk: 'a' },
      UpdateExpression: 'ADD n :n',
      ExpressionAttributeValues: { ':n': n },
      ...more,
    },
  });
  const check = (pk: string, ConditionExpression: string, more: object = {}) => ({
    ConditionCheck: { ...Table(), Key: { pk, sk: 'a' }, ConditionExpression, ...more },
  });

  it('applies all four kinds of part together, index entries included', async () => {
    const { client } = fixture();
    await putAll(fixture(), [
      { pk: 'kinds-gone', sk: 'a' },
      { pk: 'kinds-there', sk: 'a' },
    ]);
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          put('kinds-new', { owner: 'kinds', label: 'l' }),
          add('kinds-sum', 3),
          { Delete: { ...Table(), Key: { pk: 'kinds-gone', sk: 'a' } } },
          check('kinds-there', 'attribute_exists(pk)'),
        ],
      }),
    );
    expect(await read('kinds-sum')).toMatchObject({ n: 3 });
    expect(await read('kinds-gone')).toBeUndefined();
    const listed = await client.send(
      new QueryCommand({
        ...Table(),
        IndexName: 'by_label',
        KeyConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': 'kinds' },
      }),
    );
    expect(listed.Items).toEqual([{ pk: 'kinds-new', sk: 'a', owner: 'kinds', label: 'l' }]);
  });

  it('says for each part, in order, why nothing happened', async () => {
    await putAll(fixture(), [{ pk: 'why', sk: 'a', n: 7, tags: ['t'] }]);
    const reasons = await reasonsOf(fixture(), [
      put('why-not'),
      check('why', 'n < :n', {
        ExpressionAttributeValues: { ':n': 5 },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { Delete: { ...Table(), Key: { pk: 'why-nobody', sk: 'a' }, ConditionExpression: 'attribute_exists(pk)' } },
      add('why-sum', 1, { ConditionExpression: 'attribute_not_exists(pk)' }),
    ]);
    expect(reasons.map(({ Code }) => Code)).toEqual([
      'None',
      'ConditionalCheckFailed',
      'ConditionalCheckFailed',
      'None',
    ]);
    // In attribute values, also for the document client.
    expect(reasons[1]?.Item).toEqual({ pk: { S: 'why' }, sk: { S: 'a' }, n: { N: '7' }, tags: { L: [{ S: 't' }] } });
    expect(reasons[1]?.Message).toMatch(/^The conditional request failed/);
    expect(reasons[2]?.Item).toBeUndefined();
    expect(await read('why-not')).toBeUndefined();
    expect(await read('why-sum')).toBeUndefined();
  });

  it('refuses two parts on one item, none at all, and more than 100', async () => {
    const { client } = fixture();
    const send = (TransactItems: never[]) => client.send(new TransactWriteCommand({ TransactItems }));
    const many = Array.from({ length: 101 }, (_, position) => put(`many${position}`));
    for (const parts of [[put('twice'), check('twice', 'attribute_exists(pk)')], [], many]) {
      expect((await refusal(send(parts as never[]))).name).toBe('ValidationException');
    }
    expect(await read('twice')).toBeUndefined();
    await send(many.slice(1) as never[]);
    expect(await read('many100')).toBeDefined();
  });

  it('refuses more than 4 MB of items', async () => {
    const big = Array.from({ length: 13 }, (_, position) => put(`big${position}`, { text: 'x'.repeat(350_000) }));
    const send = fixture().client.send(new TransactWriteCommand({ TransactItems: big }));
    expect((await refusal(send)).name).toBe('ValidationException');
    expect(await read('big0')).toBeUndefined();
  });

  it('changes nothing when one part names a table that does not exist', async () => {
    const parts = [put('lonely'), { Put: { TableName: 'nowhere', Item: { pk: 'x', sk: 'a' } } }];
    const error = await refusal(fixture().client.send(new TransactWriteCommand({ TransactItems: parts })));
    expect(error).toBeInstanceOf(ResourceNotFoundException);
    expect(await read('lonely')).toBeUndefined();
  });

  it('does a transaction once for one token, and refuses the token for another', async () => {
    const { client } = fixture();
    const send = (n: number) =>
      client.send(new TransactWriteCommand({ TransactItems: [add('token', n)], ClientRequestToken: 'the-token' }));
    await send(1);
    await send(1);
    expect(await refusal(send(2))).toBeInstanceOf(IdempotentParameterMismatchException);
    expect(await read('token')).toMatchObject({ n: 1 });
  });

  it('tries again under the token of a transaction that was cancelled', async () => {
    const { client } = fixture();
    const send = () =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [put('again'), check('again-gate', 'attribute_exists(pk)')],
          ClientRequestToken: 'again-token',
        }),
      );
    expect((await refusal(send())).name).toBe('TransactionCanceledException');
    await putAll(fixture(), [{ pk: 'again-gate', sk: 'a' }]);
    await send();
    expect(await read('again')).toBeDefined();
  });

  it('reads items together, in the order asked for', async () => {
    await putAll(fixture(), [
      { pk: 'get1', sk: 'a', n: 1 },
      { pk: 'get2', sk: 'a', n: 2, note: 'x' },
    ]);
    const get = (pk: string, more: object = {}) => ({ Get: { ...Table(), Key: { pk, sk: 'a' }, ...more } });
    const { Responses } = await fixture().client.send(
      new TransactGetCommand({
        TransactItems: [get('get2', { ProjectionExpression: 'note' }), get('nobody'), get('get1')],
      }),
    );
    expect(Responses?.map(({ Item }) => Item)).toEqual([{ note: 'x' }, undefined, { pk: 'get1', sk: 'a', n: 1 }]);
  });

  it('never lets 50 parallel transactions pass a limit', async () => {
    const attempt = (position: number) =>
      transactWithRetry(fixture(), [
        put('race', { size: 1 }, `file${position}`),
        add('race-counter', 1, {
          ConditionExpression: 'attribute_not_exists(n) OR n <= :most',
          ExpressionAttributeValues: { ':n': 1, ':most': 29 },
        }),
      ]).then(
        () => 'done',
        (error) => error.CancellationReasons?.[1]?.Code ?? error,
      );
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, position) => attempt(position)));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(30);
    expect(outcomes.filter((outcome) => outcome === 'ConditionalCheckFailed')).toHaveLength(20);
    expect(await read('race-counter')).toMatchObject({ n: 30 });
    const records = await fixture().client.send(
      new QueryCommand({
        ...Table(),
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': 'race' },
        Select: 'COUNT',
        ConsistentRead: true,
      }),
    );
    expect(records.Count).toBe(30);
  });

  it('loses no single update among transactions on the same item', async () => {
    const { client } = fixture();
    const single = async () => {
      const { Update } = add('mixed', 1);
      for (;;) {
        const outcome = await client.send(new UpdateCommand(Update)).then(
          () => undefined,
          (error) => error,
        );
        if (!outcome) return;
        if (outcome.name !== 'TransactionConflictException') throw outcome;
      }
    };
    const both = Array.from({ length: 20 }, (_, position) =>
      position % 2 ? single() : transactWithRetry(fixture(), [add('mixed', 1), put(`mixed${position}`)]),
    );
    await Promise.all(both);
    expect(await read('mixed')).toMatchObject({ n: 20 });
  });
}
