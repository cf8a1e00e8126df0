import { createHash } from 'node:crypto';
import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, expect, it } from 'vitest';
import { startDynamo } from '#local/dynamo/server.ts';
import { prepare } from './contract/fixture.ts';

const TableName = 'indexed';
const server = await startDynamo();
afterAll(() => server.close());

it('keeps apart two items of one index key whose table keys share the hash dynalite tells them apart by', async () => {
  const { client } = await prepare(server.endpoint, TableName);
  const seen = new Map<string, string>();
  let twins: [string, string] | undefined;
  for (let n = 0; !twins; n++) {
    const hash = createHash('md5').update(`Outlierskey${n}s`).digest('hex').slice(0, 6);
    const earlier = seen.get(hash);
    if (earlier) twins = [earlier, `key${n}`];
    seen.set(hash, `key${n}`);
  }
  for (const pk of twins) await client.send(new PutCommand({ TableName, Item: { pk, sk: 's', owner: 'me' } }));
  const page = (ExclusiveStartKey?: Record<string, unknown>, ScanIndexForward = true) =>
    client.send(
      new QueryCommand({
        TableName,
        IndexName: 'by_owner',
        KeyConditionExpression: '#o = :o',
        ExpressionAttributeNames: { '#o': 'owner' },
        ExpressionAttributeValues: { ':o': 'me' },
        Limit: 1,
        ExclusiveStartKey,
        ScanIndexForward,
      }),
    );
  for (const forward of [true, false]) {
    const first = await page(undefined, forward);
    const second = await page(first.LastEvaluatedKey, forward);
    const last = await page(second.LastEvaluatedKey, forward);
    const found = [first, second, last].flatMap(({ Items }) => Items ?? []).map(({ pk }) => pk);
    expect(found.sort()).toEqual([...twins].sort());
  }
});
