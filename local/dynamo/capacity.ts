/**
 * `ConsumedCapacity` of writes. dynalite counts the table only; each index that has to change costs its own units
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
 */
import { type Body, type Item, internals } from './dynalite.ts';
import { type Change, entriesOf } from './indexes.ts';

const unitsOf = (value: unknown) => internals.capacityUnits(value as Item, false, true);

function indexUnits({ info, before, after }: Change): Map<string, number> {
  const [old, next] = [entriesOf(before, info), entriesOf(after, info)];
  const units = new Map<string, number>();
  const add = (entry: string, value: unknown) => {
    const [type, , name] = entry.split('~');
    if (type === 'index-global' || type === 'index-local') {
      const id = `${type}~${name}`;
      units.set(id, (units.get(id) ?? 0) + unitsOf(value));
    }
  };
  for (const [entry, value] of old) if (!next.has(entry)) add(entry, value);
  for (const [entry, value] of next) if (JSON.stringify(old.get(entry)) !== JSON.stringify(value)) add(entry, value);
  return units;
}

/** What a write of one item consumed, in the form the request asked for; undefined when it did not ask. */
export function consumedByWrite(change: Change, mode: unknown): Body | undefined {
  if (mode !== 'TOTAL' && mode !== 'INDEXES') return undefined;
  const { before, after, info } = change;
  const table = Math.max(unitsOf(before), unitsOf(after));
  const indexes = indexUnits(change);
  const total = [...indexes.values()].reduce((sum, units) => sum + units, table);
  const answer = { TableName: info.table.TableName, CapacityUnits: total };
  if (mode === 'TOTAL') return answer;
  const detail = (type: string) =>
    Object.fromEntries(
      [...indexes]
        .filter(([id]) => id.startsWith(type))
        .map(([id, CapacityUnits]) => [id.slice(type.length), { CapacityUnits }]),
    );
  return {
    ...answer,
    Table: { CapacityUnits: table },
    GlobalSecondaryIndexes: detail('index-global~'),
    LocalSecondaryIndexes: detail('index-local~'),
  };
}
