/**
 * A unit of work: dynalite's actions run against it as against a store, their writes are collected, and all of them, with
 * the index entries they entail, are applied in one LevelDB batch or not at all.
 */
import { consumedByWrite } from './capacity.ts';
import type { Changes } from './changes.ts';
import { alwaysTrue, meets, type ParsedCondition } from './conditions.ts';
import {
  type ActionStore,
  type BatchOperation,
  type Body,
  type Callback,
  type DynaliteOperation,
  type Item,
  internals,
  type Level,
  runAction,
  settle,
} from './dynalite.ts';
import { wireError } from './errors.ts';
import { type Change, itemPrefix, operationsOf, type TableInfo } from './indexes.ts';
import { settleUpdates } from './updates.ts';

/** Use one only while holding the store's lock: it reads what it will overwrite. */
export interface UnitOfWork {
  /** Runs one of dynalite's writes. Rejects with its refusal, the item's or the condition's. */
  run(operation: DynaliteOperation, data: Body): Promise<Body>;
  /** Only checks a condition on an item. Rejects like `run`. */
  check(tableName: string, key: Item, data: Body): Promise<Body>;
  /** Items touched (read or written) so far, in order. */
  changes(): Change[];
  /** Applies everything, and `more`, in one batch. Throws ValidationException for an impossible index key. */
  commit(more?: BatchOperation[]): Promise<void>;
}

/** What a unit needs of the store it belongs to. */
export interface UnitContext {
  level: Level;
  base: Pick<ActionStore, 'options' | 'tableDb' | 'getTable'>;
  table(name: string): Promise<TableInfo>;
  apply(operations: BatchOperation[]): Promise<void>;
  changes: Pick<Changes, 'outboxOf' | 'wake'>;
}

/** Begins a unit of work; dropping it is the way to roll back. */
export function createUnit({ level, base, table, apply, changes: stream }: UnitContext): UnitOfWork {
  const touched = new Map<string, Change>();
  let current: Body = {};

  /**
   * Reads an item into the unit. dynalite checks the condition right after reading, so ours, which takes the place of its
   * own, is checked here; the operands of an update are settled on the item that was read.
   */
  async function load(name: string, key: string): Promise<Item | undefined> {
    const fullKey = itemPrefix(name) + key;
    const info = await table(name);
    const before = (await level.get(fullKey)) as Item | undefined;
    touched.set(fullKey, { info, key, before, after: before });
    const condition = current._condition as ParsedCondition | undefined;
    if (condition && !meets(before ?? {}, condition.expression)) {
      throw wireError('ConditionalCheckFailedException', 'The conditional request failed');
    }
    settleUpdates(current, before ?? (current.Key as Item | undefined) ?? {});
    return before;
  }

  const itemDb = (name: string) => {
    const set = (key: string, item: Item | undefined, callback: Callback) => {
      const change = touched.get(itemPrefix(name) + key);
      if (change) change.after = item;
      callback(change ? null : new Error('dynalite wrote an item it had not read'));
    };
    return {
      // The store's lock is held already, so dynalite's lock of the key has nothing left to do.
      lock: (_key: string, run: (release: (done: unknown) => unknown) => void) => run((done) => done),
      get: (key: string, callback: Callback<Item>) => settle(load(name, key), callback),
      put: (key: string, item: Item, callback: Callback) => set(key, item, callback),
      del: (key: string, callback: Callback) => set(key, undefined, callback),
    };
  };

  // Index entries are worked out at commit, from what the items were and became.
  const ignore = (...args: unknown[]) => (args.at(-1) as Callback)(null);
  const view = { ...base, getItemDb: itemDb, getIndexDb: () => ({ put: ignore, del: ignore }) };

  function withCapacity(answer: Body, position: number, mode: unknown): Body {
    const change = [...touched.values()][position];
    const ConsumedCapacity = change && consumedByWrite(change, mode);
    return ConsumedCapacity ? { ...answer, ConsumedCapacity } : answer;
  }

  return {
    async run(operation, data) {
      const position = touched.size;
      const condition = data._condition as ParsedCondition | undefined;
      current = data;
      const unconditional = condition ? { ...data, _condition: { ...condition, expression: alwaysTrue } } : data;
      const answer = await runAction(operation, unconditional, view);
      return operation === 'BatchWriteItem' ? answer : withCapacity(answer, position, data.ReturnConsumedCapacity);
    },
    async check(tableName, key, data) {
      const position = touched.size;
      const info = await table(tableName);
      const invalid = internals.validateKey(key, info.table);
      if (invalid) throw invalid;
      current = data;
      await load(tableName, internals.createKey(key, info.table));
      return withCapacity({}, position, data.ReturnConsumedCapacity);
    },
    changes: () => [...touched.values()],
    async commit(more = []) {
      const changes = [...touched.values()];
      const written = changes.flatMap(operationsOf);
      const outbox = stream.outboxOf(changes);
      const operations = [...written, ...outbox, ...more];
      if (operations.length > 0) await apply(operations);
      if (outbox.length > 0) stream.wake();
    },
  };
}
