/**
 * The typed seam to dynalite 4.0.0, used as a library below its HTTP layer: its request validations, its actions and its
 * LevelDB store. The package ships no types and no `exports`, so its modules are reached by path; the exact version is
 * pinned in package.json because of that.
 */
import { createRequire } from 'node:module';

/** `{ S: '...' }` and so on, as on the wire. */
export type AttributeValue = Record<string, unknown>;
export type Item = Record<string, AttributeValue>;
export type Body = Record<string, unknown>;
export type Callback<T = unknown> = (error: unknown, value?: T) => void;

export interface KeySchemaElement {
  AttributeName: string;
  KeyType: string;
}

export interface Index {
  IndexName: string;
  IndexStatus?: string;
  KeySchema: KeySchemaElement[];
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
}

export interface Table {
  TableName: string;
  TableArn: string;
  TableStatus: string;
  KeySchema: KeySchemaElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: Index[];
  LocalSecondaryIndexes?: Index[];
}

export type BatchOperation = { type: 'put'; key: string; value: unknown } | { type: 'del'; key: string };

export interface RangeOptions {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: boolean;
  limit?: number;
}

/** The part of abstract-level 3 that is used: see https://github.com/Level/abstract-level. */
export interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<unknown>;
  batch(operations: BatchOperation[]): Promise<void>;
  values(range: RangeOptions): { nextv(size: number): Promise<unknown[]>; close(): Promise<void> };
  keys(range: RangeOptions): { all(): Promise<string[]> };
}

/** What dynalite's actions ask of a store; ours is handed to them in place of the original. */
export interface ActionStore {
  options: { maxItemSize: number };
  tableDb: { awsRegion: string; awsAccountId: string };
  getTable(name: string, ...rest: unknown[]): void;
  getItemDb(name: string): unknown;
  getIndexDb(type: string, table: string, index: string): unknown;
}

export interface DynaliteStore extends ActionStore {
  db: Level;
}

type Action = (store: ActionStore, data: Body, callback: Callback<Body>) => void;

const require = createRequire(import.meta.url);

interface Internals {
  create(options: Record<string, unknown>): DynaliteStore;
  createKey(item: Item, table: Table, schema?: KeySchemaElement[]): string;
  createIndexKey(item: Item, table: Table, schema: KeySchemaElement[]): string;
  toLexiStr(value: string, type: string): string;
  itemSize(item: Item): number;
  validateKey(key: Item, table: Table): Error | undefined | null;
  mapPaths(paths: unknown[], item: Item): Item;
  capacityUnits(item: Item | undefined, isRead: boolean, isConsistent: boolean): number;
}

/** dynalite's own functions for keys, sizes and conditions. */
export const internals = require('dynalite/db/index.js') as Internals;

const validations = require('dynalite/validations/index.js') as {
  checkTypes(data: Body, types: unknown): Body;
  checkValidations(data: Body, types: unknown, custom: unknown, store: ActionStore): void;
};

const operationNames = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;

export type DynaliteOperation = (typeof operationNames)[number];

const operations = new Map(
  operationNames.map((name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    const { types, custom } = require(`dynalite/validations/${file}.js`) as { types: unknown; custom: unknown };
    return [name as string, { types, custom, action: require(`dynalite/actions/${file}.js`) as Action }] as const;
  }),
);

/** Whether dynalite knows the operation; the transactional and TTL ones are ours and answer false. */
export function isDynaliteOperation(name: string): name is DynaliteOperation {
  return operations.has(name);
}

function lookup(name: DynaliteOperation) {
  const found = operations.get(name);
  if (!found) throw new Error(`dynalite has no operation ${name}`);
  return found;
}

/**
 * Checks a request as dynalite's HTTP layer does and returns it parsed (expressions become `_condition`, `_updates`, ...).
 * Throws an error that carries `statusCode` and the wire `body`. `body` is consumed: unknown parameters are removed from it.
 */
export function parseRequest(name: DynaliteOperation, body: Body, store: ActionStore): Body {
  const { types, custom } = lookup(name);
  const data = validations.checkTypes(body, types);
  validations.checkValidations(data, types, custom, store);
  return data;
}

/** Runs an action on a parsed request. Rejects with dynalite's errors (`statusCode`, `body`). */
export function runAction(name: DynaliteOperation, data: Body, store: ActionStore): Promise<Body> {
  const { action } = lookup(name);
  return new Promise((resolve, reject) => {
    action(store, data, (error, value) => (error ? reject(error) : resolve(value ?? {})));
  });
}

/**
 * Hands a promise's outcome to a callback of dynalite's. When the callback itself throws, it is called once more with what it
 * threw, which every action passes on as its failure; otherwise a defect there would end the process.
 */
export function settle<T>(promise: Promise<T | undefined>, callback: Callback<T>): void {
  promise.then((value) => callback(null, value)).catch((error) => callback(error));
}
