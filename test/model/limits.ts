import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '#adapters/dynamo/client.ts';
import { counterKey } from '#adapters/dynamo/keys.ts';
import type { CounterRef } from '#core/file-record.ts';
import { limitOf } from '#core/quota.ts';
import { appId, sessions, settings, users } from './domain.ts';

/** Every counter of the model's little world. */
export const counters: CounterRef[] = [
  { kind: 'app', appId },
  ...Object.keys(sessions).map((sessionId) => ({ kind: 'session' as const, sessionId })),
  ...users.map((userId) => ({ kind: 'staged' as const, appId, userId })),
];

async function read(table: Table): Promise<Map<string, number>> {
  const used = counters.map(async (counter) => {
    const key = counterKey(counter);
    const command = new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true });
    const { Item } = await table.documents.send(command);
    return [key.pk, Number(Item?.usedBytes ?? 0)] as const;
  });
  return new Map(await Promise.all(used));
}

/**
 * Runs commands and looks at every counter right after each, so that no limit is passed even for a moment: a counter
 * above its limit may only fall. Staged files of a claim that is rolled back are the documented exception.
 */
export function watchLimits(table: Table) {
  let before = new Map<string, number>();
  return async <T>(command: { constructor: { name: string } }, send: () => Promise<T>): Promise<T> => {
    const answer = await send();
    if (command.constructor.name !== 'TransactWriteCommand') return answer;
    const after = await read(table);
    const rollBack = JSON.stringify(command).includes('rolled_back');
    for (const counter of counters) {
      const { pk } = counterKey(counter);
      const used = after.get(pk) ?? 0;
      const { limitBytes } = limitOf(counter, settings);
      if (used < 0) throw new Error(`${pk} fell below nothing: ${used}`);
      if (used <= limitBytes || used <= (before.get(pk) ?? 0) || (rollBack && counter.kind === 'staged')) continue;
      throw new Error(`${pk} passed its limit of ${limitBytes}: ${used}`);
    }
    before = after;
    return answer;
  };
}
