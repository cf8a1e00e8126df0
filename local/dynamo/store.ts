/**
 * dynalite's store with what it lacks: writes collected into one LevelDB batch, so an item, its index entries and whatever
 * belongs to them (a transaction's other items, its token, a stream record) are there together or not at all, also when
 * the process is killed; iterators that are closed; table descriptions kept in memory.
 *
 * LevelDB appends a batch to its log as one checksummed record and drops a torn one when it opens, and the page cache
 * outlives the process, so no fsync is needed against SIGKILL. A power cut may lose the latest batches, never half of one.
 */
import { Readable } from 'node:stream';
import { type ChangeReader, type Changes, createChanges } from './changes.ts';
import {
  type ActionStore,
  type BatchOperation,
  type Callback,
  type DynaliteStore,
  type Index,
  type Item,
  internals,
  type Level,
  type RangeOptions,
  settle,
  type Table,
} from './dynalite.ts';
import { wireError } from './errors.ts';
import { indexEntryKey, indexPrefix, itemPrefix, type TableInfo } from './indexes.ts';
import { createLaggingIndexes } from './lag.ts';
import { createLock, type Lock } from './lock.ts';
import { createUnit, type UnitOfWork } from './unit.ts';

/** Where dynalite keeps a table's description. */
export const tableKey = (table: string) => `table~${table}`;
const ttlKey = (table: string) => `stowage-ttl~${table}`;

export interface Store {
  raw: DynaliteStore;
  level: Level;
  lock: Lock;
  /** Rejects with ResourceNotFoundException. */
  table(name: string): Promise<TableInfo>;
  forgetTable(name: string): void;
  setTtl(name: string, attribute: string | undefined): BatchOperation;
  /** For reading: pages of an index that start after `startKey` need it, see `indexEntryKey`. */
  reader(startKey?: Item): ActionStore;
  unit(): UnitOfWork;
  /** Writes a batch; entries of global indexes as late as they are to be. */
  apply(operations: BatchOperation[]): Promise<void>;
  /** Resolves when every index has what was written until now. */
  settleIndexes(): Promise<void>;
  changes: Changes;
  close(): Promise<void>;
}

/** Streams values of a range and closes the iterator when the reader stops early (dynalite's own leaks its snapshot). */
async function* valuesOf(level: Level, range: RangeOptions): AsyncGenerator<unknown> {
  const iterator = level.values(range);
  try {
    for (;;) {
      const values = await iterator.nextv(64);
      if (values.length === 0) return;
      yield* values;
    }
  } finally {
    await iterator.close();
  }
}

function prefixed(prefix: string, { gt, gte, lt, lte, reverse, limit }: RangeOptions): RangeOptions {
  return {
    ...(gt !== undefined ? { gt: prefix + gt } : { gte: prefix + (gte ?? '') }),
    ...(lte !== undefined ? { lte: prefix + lte } : { lt: prefix + (lt ?? '\xff') }),
    reverse: reverse ?? false,
    limit: limit ?? -1,
  };
}

export interface StoreOptions {
  nextLagMs?: (() => number) | undefined;
  /** Who reads the stream of writes. */
  readers?: readonly ChangeReader[];
  /** Epoch milliseconds. */
  now?: () => number;
}

/**
 * Opens the store in a folder (kept) or in memory; with `nextLagMs`, global indexes learn so much later of each write.
 * Rejects when another process holds the folder.
 */
export async function openStore(
  dir: string | undefined,
  { nextLagMs, readers = [], now = Date.now }: StoreOptions = {},
): Promise<Store> {
  const instant = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const raw = internals.create(dir === undefined ? instant : { ...instant, path: dir });
  const level = raw.db;
  await level.open();
  await finishCreations(level);
  const indexes = await createLaggingIndexes(level, nextLagMs);
  const changes = await createChanges(level, readers, { now, region: raw.tableDb.awsRegion });
  const known = new Map<string, TableInfo>();

  async function table(name: string): Promise<TableInfo> {
    const hit = known.get(name);
    if (hit) return hit;
    const found = (await level.get(tableKey(name))) as Table | undefined;
    if (!found) throw wireError('ResourceNotFoundException', 'Requested resource not found');
    const ttlAttribute = (await level.get(ttlKey(name))) as string | undefined;
    const info = { table: found, ttlAttribute };
    if (found.TableStatus === 'ACTIVE') known.set(name, info);
    return info;
  }

  const getTable = (name: string, ...rest: unknown[]) =>
    settle(
      table(name).then((info) => info.table),
      rest.at(-1) as Callback<Table>,
    );

  const base = { options: raw.options, tableDb: raw.tableDb, getTable };

  function reader(startKey?: Item): ActionStore {
    const stream = (prefix: string, range: RangeOptions) =>
      Readable.from(valuesOf(level, prefixed(prefix, range)), { highWaterMark: 64 });
    return {
      ...base,
      getItemDb: (name) => ({
        get: (key: string, callback: Callback<Item>) =>
          settle(level.get(itemPrefix(name) + key) as Promise<Item | undefined>, callback),
        createValueStream: (range: RangeOptions) => stream(itemPrefix(name), range),
      }),
      getIndexDb: (type, tableName, indexName) => ({
        createValueStream: (range: RangeOptions) =>
          stream(indexPrefix(type, tableName, indexName), startAfter(range, tableName, indexName)),
      }),
    };

    function startAfter(range: RangeOptions, tableName: string, indexName: string): RangeOptions {
      const info = known.get(tableName);
      if (!startKey || !info) return range;
      const { table } = info;
      const indexes = [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])];
      const schema = indexes.find((index) => index.IndexName === indexName)?.KeySchema;
      if (!schema) return range;
      const short = internals.createIndexKey(startKey, table, schema);
      const whole = indexEntryKey(startKey, table, schema);
      if (range.gt === short) return { ...range, gt: whole };
      return range.lt === short ? { ...range, lt: whole } : range;
    }
  }

  return {
    raw,
    level,
    lock: createLock(),
    table,
    forgetTable: (name) => known.delete(name),
    setTtl: (name, attribute) =>
      attribute === undefined
        ? { type: 'del', key: ttlKey(name) }
        : { type: 'put', key: ttlKey(name), value: attribute },
    reader,
    unit: () => createUnit({ level, base, table, apply: indexes.apply, changes }),
    apply: indexes.apply,
    settleIndexes: indexes.settle,
    changes,
    async close() {
      await changes.close();
      await indexes.close();
      await level.close();
    },
  };
}

/** dynalite activates a new table by a timer, which does not survive the process: a table left in creation is made active. */
async function finishCreations(level: Level): Promise<void> {
  for await (const value of valuesOf(level, { gte: tableKey(''), lt: `${tableKey('')}\xff` })) {
    const table = value as Table;
    if (table.TableStatus === 'ACTIVE') continue;
    const active = (index: Index) => ({ ...index, IndexStatus: 'ACTIVE' });
    const GlobalSecondaryIndexes = table.GlobalSecondaryIndexes?.map(active);
    const finished = { ...table, TableStatus: 'ACTIVE', ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }) };
    await level.batch([{ type: 'put', key: tableKey(table.TableName), value: finished }]);
  }
}
