import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '#adapters/dynamo/client.ts';
import { sessions, users } from './domain.ts';
import { appCounter, type Counter, sessionCounter, stagedCounter, usageOf } from './rules.ts';

/** Every counter of the model's little world. */
export const counters: Counter[] = [
  appCounter,
  ...Object.keys(sessions).map(sessionCounter),
  ...users.map(stagedCounter),
];

/** As many slices as an app's counter has, and one item for each of the others. */
const keys = [
  ...counters.map(({ pk }) => ({ pk, sk: 'COUNTER' })),
  ...Array.from({ length: 80 }, (_, slice) => ({ pk: `${appCounter.pk}#SLICE#${slice}`, sk: 'COUNTER' })),
];

async function read(table: Table): Promise<Map<string, number>> {
  const command = new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true } } });
  const { Responses, UnprocessedKeys } = await table.documents.send(command);
  // A stand-in that leaves some out now and then is asked again for all.
  if (UnprocessedKeys?.[table.name] !== undefined) return await read(table);
  const items = Responses?.[table.name] ?? [];
  return new Map(counters.map((counter) => [counter.pk, usageOf(items, counter).usedBytes]));
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
