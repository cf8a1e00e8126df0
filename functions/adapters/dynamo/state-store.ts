import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { StateStore } from '#core/extensions/session-state.ts';
import type { Table } from './client.ts';
import { counterKey, stateKey } from './keys.ts';
import { type TransactItem, transact } from './transaction.ts';

/** States of sessions, kept as JSON text: what an extension writes is read back to the letter. */
export function createStateStore(table: Table): StateStore {
  const TableName = table.name;
  const open = (Key: Record<string, string>): TransactItem => ({
    ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(closedAt)' },
  });

  return {
    async get({ appId, sessionId }) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: stateKey(sessionId), ConsistentRead: true }),
      );
      if (Item?.appId !== appId) return undefined;
      return { state: JSON.parse(Item.json), updatedAt: Item.updatedAt };
    },

    async put({ appId, sessionId }, state, now) {
      const Item = { ...stateKey(sessionId), appId, json: JSON.stringify(state), updatedAt: now.toISOString() };
      const outcomes = await transact(table, [
        { Put: { TableName, Item } },
        open(counterKey({ kind: 'session', sessionId })),
        open(counterKey({ kind: 'app', appId })),
      ]);
      return outcomes === undefined;
    },
  };
}
