/**
 * Throughput of partitions: what one partition key takes a second, in the table and in each global index. A write that
 * an index has no room for is refused in the table as well. Stricter than the service, which saves up to five minutes of
 * unused throughput for bursts; here it is one second's.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
 */
import { type Item, internals, type KeySchemaElement } from './dynalite.ts';
import type { Change } from './indexes.ts';

export interface Partitions {
  /** Takes what the write costs from every partition it touches; false, taking nothing, when one of them has no room. */
  take(change: Change, factor: 1 | 2): boolean;
}

interface Bucket {
  units: number;
  at: number;
}

/** Without a limit there is room for everything. `now` is in milliseconds. */
export function createPartitions(unitsPerSecond: number | undefined, now: () => number = Date.now): Partitions {
  const buckets = new Map<string, Bucket>();

  function filled(partition: string, limit: number): Bucket {
    const bucket = buckets.get(partition) ?? { units: limit, at: now() };
    bucket.units = Math.min(limit, bucket.units + ((now() - bucket.at) / 1000) * limit);
    bucket.at = now();
    buckets.set(partition, bucket);
    return bucket;
  }

  return {
    take(change, factor) {
      if (unitsPerSecond === undefined) return true;
      const wanted = [...costsOf(change)].map(([partition, units]) => ({
        bucket: filled(partition, unitsPerSecond),
        units: units * factor,
      }));
      if (wanted.some(({ bucket, units }) => bucket.units < units)) return false;
      for (const { bucket, units } of wanted) bucket.units -= units;
      return true;
    },
  };
}

/** Units by partition: the larger of the old and the new item in the table, and each entry that comes, goes or changes. */
function costsOf({ info: { table }, key, before, after }: Change): Map<string, number> {
  const costs = new Map<string, number>();
  const add = (partition: string | undefined, item: Item | undefined) => {
    if (partition !== undefined) costs.set(partition, (costs.get(partition) ?? 0) + unitsOf(item));
  };
  const larger = unitsOf(before) > unitsOf(after) ? before : after;
  // Of an item that neither was nor is there only the key is known; a sort key's item is its own partition then.
  add(partitionOf(table.TableName, table.KeySchema, larger) ?? `${table.TableName}~${key}`, larger);
  for (const { IndexName, KeySchema } of table.GlobalSecondaryIndexes ?? []) {
    const [old, next] = [before, after].map((item) => entryOf(KeySchema, item));
    const unchanged = JSON.stringify(before) === JSON.stringify(after);
    if (old !== undefined && old !== next) add(partitionOf(IndexName, KeySchema, before), before);
    if (next !== undefined && !(old === next && unchanged)) add(partitionOf(IndexName, KeySchema, after), after);
  }
  return costs;
}

const unitsOf = (item: Item | undefined) => internals.capacityUnits(item, false, true);

function partitionOf(place: string, schema: KeySchemaElement[], item: Item | undefined): string | undefined {
  const hash = schema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
  return item?.[hash] && `${place}~${JSON.stringify(item[hash])}`;
}

/** The item's key in an index; undefined when it is not in it. */
function entryOf(schema: KeySchemaElement[], item: Item | undefined): string | undefined {
  const values = schema.map(({ AttributeName }) => item?.[AttributeName]);
  return values.includes(undefined) ? undefined : JSON.stringify(values);
}
