import { createHash } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { StateStore } from '#core/extensions/session-state.ts';
import { sliceCount } from '#core/files/slices.ts';
import type { Table } from './client.ts';
import { closedAppKey, closedSessionKey, formerStateKey, stateKey } from './keys.ts';
import { type TransactItem, transact } from './transaction.ts';

/**
 * A check in a transaction is in the way of every other transaction over the same item, so a session asks whether its app
 * is deleted at one of many items, and at none that counts.
 */
const sliceOfSession = (sessionId: string) =>
  createHash('sha256').update(sessionId).digest().readUInt32BE() % sliceCount;

/**
 * States of sessions, kept as JSON text: what an extension writes is read back to the letter. Each app has its own: a
 * session's id alone is no proof that the state is the caller's, and another app's write must not take it away.
 */
export function createStateStore(table: Table): StateStore {
  const TableName = table.name;
  const open = (Key: Record<string, string>): TransactItem => ({
    ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(closedAt)' },
  });

  const read = async (Key: Record<string, string>) =>
    (await table.documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;

  return {
    async get({ appId, sessionId }) {
      const item = (await read(stateKey(sessionId, appId))) ?? (await read(formerStateKey(sessionId)));
      if (item?.appId !== appId) return undefined;
      return { state: JSON.parse(item.json), updatedAt: item.updatedAt };
    },

    async put({ appId, sessionId }, state, now) {
      const Item = { ...stateKey(sessionId, appId), appId, json: JSON.stringify(state), updatedAt: now.toISOString() };
      const outcomes = await transact(table, [
        { Put: { TableName, Item } },
        open(closedSessionKey(sessionId)),
        open(closedAppKey(appId, sliceOfSession(sessionId))),
      ]);
      return outcomes === undefined;
    },
  };
}
