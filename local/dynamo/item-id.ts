/** One name for an item whichever operation names it, and what is said to whoever may not have it now. */
import { type Item, internals } from './dynalite.ts';
import type { Store } from './store.ts';

export const conflictMessage = 'Transaction is ongoing for the item';
export const throttlingMessage =
  'Throughput exceeds the current throughput limit for your table or index: one partition key takes no more writes a second.';

/** By an item or its key; undefined when the key is malformed. Rejects with ResourceNotFoundException. */
export async function itemId(store: Store, tableName: string, item: Item): Promise<string | undefined> {
  const { table } = await store.table(tableName);
  const key = Object.fromEntries(
    table.KeySchema.flatMap(({ AttributeName: name }) => (item[name] ? [[name, item[name]]] : [])),
  );
  return internals.validateKey(key, table) ? undefined : `${tableName}~${internals.createKey(key, table)}`;
}
