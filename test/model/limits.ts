import { getItems } from '#adapters/dynamo/batch-get.ts';
import type { Table } from '#adapters/dynamo/client.ts';
import { sessions, users } from './domain.ts';
import { appCounter, type Counter, sessionCounter, stagedCounter, usageOf } from './rules.ts';

/** Every counter of the model's little world. */
export const counters: Counter[] = [
  appCounter,
  ...Object.keys(sessions).map(sessionCounter),
  ...users.map(stagedCounter),
];

type Item = Record<string, unknown>;

/** The keys of the counters that a command writes. */
function countersIn(command: unknown): { pk: string; sk: string }[] {
  const { input } = command as { input: { TransactItems?: Record<string, { Key?: Item }>[] } };
  return (input.TransactItems ?? []).flatMap((item) =>
    Object.values(item).flatMap(({ Key }) => (Key?.sk === 'COUNTER' ? [{ pk: String(Key.pk), sk: 'COUNTER' }] : [])),
  );
}

/**
 * Runs commands and looks at every counter right after each, so that no limit is passed even for a moment: a counter
 * above its limit may only fall. Staged files of a claim that is rolled back are the documented exception.
 */
export function watchLimits(table: Table) {
  const items = new Map<string, Item>();
  const used = () => new Map(counters.map((counter) => [counter.pk, usageOf([...items.values()], counter).usedBytes]));
  return async <T>(command: { constructor: { name: string } }, send: () => Promise<T>): Promise<T> => {
    const answer = await send();
    const keys = command.constructor.name === 'TransactWriteCommand' ? countersIn(command) : [];
    if (keys.length === 0) return answer;
    const before = used();
    for (const item of await getItems(table, keys)) items.set(String(item.pk), item);
    const after = used();
    const rollBack = JSON.stringify(command).includes('rolled_back');
    for (const { pk, kind, limitBytes } of counters) {
      const now = after.get(pk) ?? 0;
      if (now < 0) throw new Error(`${pk} fell below nothing: ${now}`);
      if (now <= limitBytes || now <= (before.get(pk) ?? 0) || (rollBack && kind === 'staged')) continue;
      throw new Error(`${pk} passed its limit of ${limitBytes}: ${now}`);
    }
    return answer;
  };
}
