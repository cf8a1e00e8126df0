import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '#adapters/dynamo/client.ts';
import { sessions, users } from './domain.ts';
import { appCounter, type Counter, sessionCounter, stagedCounter } from './rules.ts';

/** Every counter of the model's little world. */
export const counters: Counter[] = [
  appCounter,
  ...Object.keys(sessions).map(sessionCounter),
  ...users.map(stagedCounter),
];

const keys = counters.map(({ pk }) => ({ pk, sk: 'COUNTER' }));

async function read(table: Table): Promise<Map<string, number>> {
  const used = keys.map(async (key) => {
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
    for (const { pk, kind, limitBytes } of counters) {
      const used = after.get(pk) ?? 0;
      if (used < 0) throw new Error(`${pk} fell below nothing: ${used}`);
      if (used <= limitBytes || used <= (before.get(pk) ?? 0) || (rollBack && kind === 'staged')) continue;
      throw new Error(`${pk} passed its limit of ${limitBytes}: ${used}`);
    }
    before = after;
    return answer;
  };
}
