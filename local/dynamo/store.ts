/**
 * dynalite's store with what it lacks: writes collected into one LevelDB batch, so an item, its index entries and whatever
 * belongs to them (a transaction's other items, its token, a stream record) are there together or not at all, also when
 * the process is killed; iterators that are closed; table descriptions kept in memory.
 *
 * LevelDB appends a batch to its log as one checksummed record and drops a torn one when it opens, and the page cache
 * outlives the process, so no fsync is needed against SIGKILL. A power cut may lose the latest batches, never half of one.
 */
import { Readable } from 'node:stream';
import {
  type ActionStore,
  type BatchOperation,
  type Callback,
  type DynaliteStore,
  fromCallback,
  type Index,
  type Item,
  internals,
  type Level,
  type RangeOptions,
  type Table,
} from './dynalite.ts';
import { checkIndexKeys, entriesOf, indexEntryKey, indexPrefix, itemPrefix, type TableInfo } from './indexes.ts';
import { createLock, type Lock } from './lock.ts';

/** Where dynalite keeps a table's description. */
export const tableKey = (table: string) => `table~${table}`;
const ttlKey = (table: string) => `stowage-ttl~${table}`;

/** What one item was and becomes in a unit of work. */
export interface Change {
  info: TableInfo;
  key: string;
  before: Item | undefined;
  after: Item | undefined;
}

/** A set of writes that is applied whole or dropped. Use one only while holding `Store.lock`. */
export interface UnitOfWork {
  /** Handed to dynalite's actions in place of the real store. */
  view: ActionStore;
  /** Items touched (read or written) so far, in order. */
  changes(): Change[];
  /** Applies everything, and `more`, in one batch. Throws ValidationException for an impossible index key. */
  commit(more?: BatchOperation[]): Promise<void>;
}

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

/** Opens the store in a folder (kept) or in memory. Rejects when another process holds the folder. */
export async function openStore(dir: string | undefined): Promise<Store> {
  const instant = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const raw = internals.create(dir === undefined ? instant : { ...instant, path: dir });
  const level = raw.db;
  await level.open();
  await finishCreations(level);
  const known = new Map<string, TableInfo>();

  async function table(name: string): Promise<TableInfo> {
    const hit = known.get(name);
    if (hit) return hit;
    const found = (await fromCallback<Table>((callback) => raw.getTable(name, callback))) as Table;
    const ttlAttribute = (await level.get(ttlKey(name))) as string | undefined;
    const info = { table: found, ttlAttribute };
    if (found.TableStatus === 'ACTIVE') known.set(name, info);
    return info;
  }

  function getTable(name: string, ...rest: unknown[]): void {
    const callback = rest.at(-1) as Callback<Table>;
    table(name).then(
      (info) => callback(null, info.table),
      (error) => callback(error),
    );
  }

  const base = { options: raw.options, tableDb: raw.tableDb, getTable };

  function readItem(key: string, callback: Callback<Item>): void {
    level.get(key).then(
      (item) => callback(null, item as Item | undefined),
      (error) => callback(error),
    );
  }

  function reader(startKey?: Item): ActionStore {
    const stream = (prefix: string, range: RangeOptions) =>
      Readable.from(valuesOf(level, prefixed(prefix, range)), { highWaterMark: 64 });
    return {
      ...base,
      getItemDb: (name) => ({
        get: (key: string, callback: Callback<Item>) => readItem(itemPrefix(name) + key, callback),
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

  function unit(): UnitOfWork {
    const touched = new Map<string, Change>();
    const ignore = (...args: unknown[]) => (args.at(-1) as Callback)(null);

    const itemDb = (name: string) => {
      const of = (key: string) => touched.get(itemPrefix(name) + key);
      const set = (key: string, item: Item | undefined, callback: Callback) => {
        const change = of(key);
        if (!change) return callback(new Error('dynalite wrote an item it had not read'));
        change.after = item;
        callback(null);
      };
      return {
        // The store's lock is held already, so dynalite's lock of the key has nothing left to do.
        lock: (_key: string, run: (release: (done: unknown) => unknown) => void) => run((done) => done),
        get(key: string, callback: Callback<Item>) {
          const change = of(key);
          if (change) return callback(null, change.after);
          Promise.all([table(name), level.get(itemPrefix(name) + key)]).then(
            ([info, value]) => {
              const item = value as Item | undefined;
              touched.set(itemPrefix(name) + key, { info, key, before: item, after: item });
              callback(null, item);
            },
            (error) => callback(error),
          );
        },
        put: (key: string, item: Item, callback: Callback) => set(key, item, callback),
        del: (key: string, callback: Callback) => set(key, undefined, callback),
      };
    };

    return {
      // Index entries are worked out at commit, from what the items were and became.
      view: { ...base, getItemDb: itemDb, getIndexDb: () => ({ put: ignore, del: ignore }) },
      changes: () => [...touched.values()],
      async commit(more = []) {
        const operations = [...touched.values()].flatMap(operationsOf);
        if (operations.length + more.length > 0) await level.batch([...operations, ...more]);
      },
    };
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
    unit,
    close: () => level.close(),
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

/** The batch operations that take an item and its index entries from what they were to what they become. */
export function operationsOf({ info, key, before, after }: Change): BatchOperation[] {
  if (before === after) return [];
  if (after) checkIndexKeys(after, info.table);
  const stale = entriesOf(before, info);
  const entries = entriesOf(after, info);
  const fullKey = itemPrefix(info.table.TableName) + key;
  const operations: BatchOperation[] = [
    after ? { type: 'put', key: fullKey, value: after } : { type: 'del', key: fullKey },
  ];
  for (const entry of stale.keys()) if (!entries.has(entry)) operations.push({ type: 'del', key: entry });
  for (const [entry, value] of entries) operations.push({ type: 'put', key: entry, value });
  return operations;
}
