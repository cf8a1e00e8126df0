import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { SuspectStore } from '#core/reconcile/stores.ts';
import type { Table } from './client.ts';
import { suspectsPk } from './keys.ts';
import { isNamed } from './transaction.ts';

/** Writes at the same time. */
const parallel = 16;

const pageSize = 500;

/** Suspects by list and name; see `SuspectStore`. An object's key fits: R2 and sort keys both end at 1024 bytes. */
export function createSuspectStore(table: Table): SuspectStore {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);

  return {
    async suspect(list, names, now) {
      const first = async (sk: string) => {
        const Item = { pk: suspectsPk(list), sk, firstSeenAt: now.getTime() };
        try {
          await send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
        } catch (error) {
          if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
        }
      };
      for (let start = 0; start < names.length; start += parallel) {
        await Promise.all(names.slice(start, start + parallel).map(first));
      }
    },

    async suspects(list, after) {
      const pk = suspectsPk(list);
      const { Items = [], LastEvaluatedKey } = await send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          Limit: pageSize,
          ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
        }),
      );
      return {
        suspects: Items.map(({ sk, firstSeenAt }) => ({ name: String(sk), firstSeenAt: Number(firstSeenAt) })),
        ...(LastEvaluatedKey !== undefined && { next: String(LastEvaluatedKey.sk) }),
      };
    },

    async clear(list, name) {
      await send(new DeleteCommand({ TableName, Key: { pk: suspectsPk(list), sk: name } }));
    },
  };
}
