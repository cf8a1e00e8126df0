/**
 * Which index entries an item has. dynalite identifies an index entry by the index key and 24 bits of a hash of the table
 * key, so two items with equal index keys overwrite each other once in a few thousand; here the whole table key is
 * appended. The expiry index is ours: it lets a TTL sweep read only what is due.
 */
import {
  type BatchOperation,
  type Index,
  type Item,
  internals,
  type KeySchemaElement,
  type Table,
} from './dynalite.ts';
import { validationError } from './errors.ts';

/** A table as the store knows it: dynalite's description and our TTL attribute. */
export interface TableInfo {
  table: Table;
  ttlAttribute: string | undefined;
}

/** What one item was and becomes in a unit of work. */
export interface Change {
  info: TableInfo;
  /** Without the table's prefix. */
  key: string;
  before: Item | undefined;
  after: Item | undefined;
}

export const itemPrefix = (table: string) => `item-${table}~`;
export const indexPrefix = (type: string, table: string, index: string) =>
  `index-${type.toLowerCase()}~${table}~${index}~`;
export const expiryPrefix = (table: string) => `stowage-expiry~${table}~`;

/** The end of a key range that holds everything with the prefix: keys are ASCII. */
export const after = (prefix: string) => `${prefix}\xff`;

/** An entry's key without its index prefix; also where a page that starts at this item begins. */
export function indexEntryKey(item: Item, table: Table, schema: KeySchemaElement[]): string {
  return `${internals.createIndexKey(item, table, schema)}/${internals.createKey(item, table)}`;
}

/** Epoch seconds as a sortable key part: an integer of fixed width, so negative and absurd values sort before all others. */
export function expiryKeyPart(epochSeconds: number): string {
  return String(Math.min(Math.max(Math.trunc(epochSeconds), 0), 999_999_999_999)).padStart(12, '0');
}

/** When the item expires, in epoch seconds; undefined when it never does (no TTL, no attribute, or not a Number). */
export function expiryOf(item: Item, ttlAttribute: string | undefined): number | undefined {
  const value = ttlAttribute === undefined ? undefined : item[ttlAttribute]?.N;
  return typeof value === 'string' ? Number(value) : undefined;
}

function indexesOf(table: Table): { type: string; index: Index }[] {
  return [
    ...(table.GlobalSecondaryIndexes ?? []).map((index) => ({ type: 'global', index })),
    ...(table.LocalSecondaryIndexes ?? []).map((index) => ({ type: 'local', index })),
  ];
}

function project(item: Item, table: Table, index: Index): Item {
  if (index.Projection.ProjectionType === 'ALL') return item;
  const names = new Set([
    ...index.KeySchema.map((key) => key.AttributeName),
    ...table.KeySchema.map((key) => key.AttributeName),
    ...(index.Projection.NonKeyAttributes ?? []),
  ]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
}

/** All entries of an item by their full LevelDB key. An item without an index's keys has none in it (sparse index). */
export function entriesOf(item: Item | undefined, { table, ttlAttribute }: TableInfo): Map<string, unknown> {
  const entries = new Map<string, unknown>();
  if (!item) return entries;
  for (const { type, index } of indexesOf(table)) {
    if (!index.KeySchema.every((key) => item[key.AttributeName] !== undefined)) continue;
    const prefix = indexPrefix(type, table.TableName, index.IndexName);
    entries.set(prefix + indexEntryKey(item, table, index.KeySchema), project(item, table, index));
  }
  const expiry = expiryOf(item, ttlAttribute);
  if (expiry !== undefined) {
    const itemKey = internals.createKey(item, table);
    entries.set(`${expiryPrefix(table.TableName)}${expiryKeyPart(expiry)}/${itemKey}`, itemKey);
  }
  return entries;
}

/**
 * Refuses an item whose index keys DynamoDB would refuse: wrong type, or an empty string or binary. dynalite checks the
 * type of what an expression sets literally, and never emptiness.
 */
export function checkIndexKeys(item: Item, table: Table): void {
  for (const { index } of indexesOf(table)) {
    for (const { AttributeName: name } of index.KeySchema) {
      const value = item[name];
      if (value === undefined) continue;
      const expected = table.AttributeDefinitions.find(
        (definition) => definition.AttributeName === name,
      )?.AttributeType;
      const actual = Object.keys(value)[0] ?? '';
      if (expected !== actual) {
        throw validationError(
          `One or more parameter values were invalid: Type mismatch for Index Key ${name} ` +
            `Expected: ${expected} Actual: ${actual} IndexName: ${index.IndexName}`,
        );
      }
      if (value[actual] === '') {
        throw validationError(
          'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
            `The AttributeValue for a key attribute cannot contain an empty ${actual === 'S' ? 'string' : 'binary'} value. ` +
            `IndexName: ${index.IndexName}, IndexKey: ${name}`,
        );
      }
    }
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
