/**
 * Tables: created at once instead of after seconds, kept when the same table is asked for again, and re-indexed when only
 * its indexes or TTL attribute changed. Options without a meaning on one machine (streams, backups, deletion protection,
 * encryption, tags in CreateTable, table class) are accepted and ignored.
 */
import { setImmediate } from 'node:timers/promises';
import { type BatchOperation, type Body, type Item, parseRequest, runAction, type Table } from './dynalite.ts';
import { isWireError, typeOf, validationError } from './errors.ts';
import { after, entriesOf, expiryPrefix, itemPrefix, type TableInfo } from './indexes.ts';
import { type Store, tableKey } from './store.ts';

/** A table as CreateTable or CloudFormation's `AWS::DynamoDB::Table` describes it; members not named here are ignored. */
export interface TableInput {
  TableName: string;
  KeySchema: object[];
  AttributeDefinitions: object[];
  GlobalSecondaryIndexes?: object[];
  LocalSecondaryIndexes?: object[];
  BillingMode?: string;
  TimeToLiveSpecification?: { AttributeName?: string | undefined; Enabled?: boolean | undefined };
  [ignored: string]: unknown;
}

async function currentTable(store: Store, name: string): Promise<TableInfo | undefined> {
  store.forgetTable(name);
  return store.table(name).catch((error) => {
    if (isWireError(error) && typeOf(error) === 'ResourceNotFoundException') return undefined;
    throw error;
  });
}

/** dynalite changes a table's status by timers, even with a delay of zero: waits until the last of them has written. */
async function settled(store: Store, name: string): Promise<TableInfo | undefined> {
  for (;;) {
    const info = await currentTable(store, name);
    if (!info || info.table.TableStatus === 'ACTIVE') return info;
    await setImmediate();
  }
}

/** CreateTable or UpdateTable: answers when the change is complete. */
export function changeTable(store: Store, operation: 'CreateTable' | 'UpdateTable', body: Body): Promise<Body> {
  const data = parseRequest(operation, body, store.raw);
  const name = String(data.TableName);
  return store.lock(async () => {
    await runAction(operation, data, store.raw);
    const info = await settled(store, name);
    return { TableDescription: info?.table };
  });
}

/** DeleteTable: the description, all items, index entries and settings go in one batch. */
export function deleteTable(store: Store, body: Body): Promise<Body> {
  const data = parseRequest('DeleteTable', body, store.raw);
  const name = String(data.TableName);
  return store.lock(async () => {
    const { table } = await store.table(name);
    await store.settleIndexes();
    const prefixes = [
      itemPrefix(name),
      expiryPrefix(name),
      `tag-${name}~`,
      ...['global', 'local'].map((type) => `index-${type}~${name}~`),
    ];
    const operations: BatchOperation[] = [{ type: 'del', key: tableKey(name) }, store.setTtl(name, undefined)];
    for (const prefix of prefixes) {
      const keys = await store.level.keys({ gte: prefix, lt: after(prefix) }).all();
      for (const key of keys) operations.push({ type: 'del', key });
    }
    await store.level.batch(operations);
    store.forgetTable(name);
    return { TableDescription: { ...table, TableStatus: 'DELETING' } };
  });
}

function shape({ table }: TableInfo, withIndexes: boolean): string {
  const { KeySchema, GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [], AttributeDefinitions } = table;
  const plain = (list: typeof GlobalSecondaryIndexes) =>
    list
      .map(({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }))
      .sort((a, b) => (a.IndexName < b.IndexName ? -1 : 1));
  const keyNames = KeySchema.map((key) => key.AttributeName);
  const keyTypes = AttributeDefinitions.filter((definition) => keyNames.includes(definition.AttributeName));
  if (!withIndexes) return JSON.stringify([KeySchema, keyTypes.map((type) => Object.entries(type).sort())]);
  return JSON.stringify([KeySchema, plain(GlobalSecondaryIndexes), plain(LocalSecondaryIndexes), AttributeDefinitions]);
}

/**
 * Makes the table what the input says, and leaves its items: for a template that is deployed again over kept data.
 * Rejects when the key schema of an existing table differs, which the cloud would answer by replacing the table.
 */
export async function ensureTable(store: Store, input: TableInput): Promise<void> {
  const { TimeToLiveSpecification: ttl, ...wanted } = structuredClone(input);
  const ttlAttribute = ttl?.Enabled === false ? undefined : ttl?.AttributeName;
  const existing = await store.lock(() => settled(store, input.TableName));
  if (!existing) {
    await changeTable(store, 'CreateTable', wanted);
    if (ttlAttribute === undefined) return;
    return store.lock(async () => {
      const created = await store.table(input.TableName);
      await redefine(store, created, { ...created, ttlAttribute });
    });
  }
  // The same checks as for a new table, without creating it.
  const data = parseRequest('CreateTable', wanted, store.raw) as unknown as Table;
  const table = { ...existing.table, AttributeDefinitions: data.AttributeDefinitions, KeySchema: data.KeySchema };
  const next = { table: { ...table, ...activeIndexes(data) }, ttlAttribute };
  if (!data.GlobalSecondaryIndexes) delete next.table.GlobalSecondaryIndexes;
  if (!data.LocalSecondaryIndexes) delete next.table.LocalSecondaryIndexes;
  if (shape(existing, false) !== shape(next, false)) {
    throw new Error(`table ${input.TableName} exists with another key schema; remove the data folder to replace it`);
  }
  if (shape(existing, true) === shape(next, true) && existing.ttlAttribute === ttlAttribute) return;
  await store.lock(() => redefine(store, existing, next));
}

function activeIndexes(data: Table): Pick<Table, 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'> {
  return {
    ...(data.GlobalSecondaryIndexes && {
      GlobalSecondaryIndexes: data.GlobalSecondaryIndexes.map((index) => ({ ...index, IndexStatus: 'ACTIVE' })),
    }),
    ...(data.LocalSecondaryIndexes && { LocalSecondaryIndexes: data.LocalSecondaryIndexes }),
  };
}

/** Replaces the description, the TTL attribute and every index entry in one batch. The lock is held by the caller. */
async function redefine(store: Store, from: TableInfo, to: TableInfo): Promise<void> {
  const name = from.table.TableName;
  await store.settleIndexes();
  const operations: BatchOperation[] = [
    { type: 'put', key: tableKey(name), value: to.table },
    store.setTtl(name, to.ttlAttribute),
  ];
  for (const key of await store.level.keys({ gte: itemPrefix(name), lt: after(itemPrefix(name)) }).all()) {
    const item = (await store.level.get(key)) as Item;
    const entries = entriesOf(item, to);
    for (const stale of entriesOf(item, from).keys()) {
      if (!entries.has(stale)) operations.push({ type: 'del', key: stale });
    }
    for (const [entry, value] of entries) operations.push({ type: 'put', key: entry, value });
  }
  await store.level.batch(operations);
  store.forgetTable(name);
}

/** DescribeTimeToLive. Rejects with ResourceNotFoundException. */
export async function describeTtl(store: Store, body: Body): Promise<Body> {
  const { ttlAttribute } = await store.table(String(body.TableName));
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  };
}

/** UpdateTimeToLive, at once where the service takes up to an hour. Refuses what would change nothing, as it does. */
export function updateTtl(store: Store, body: Body): Promise<Body> {
  const wanted = body.TimeToLiveSpecification as { AttributeName?: string; Enabled?: boolean } | undefined;
  if (typeof wanted?.AttributeName !== 'string' || typeof wanted.Enabled !== 'boolean') {
    throw validationError('TimeToLiveSpecification needs AttributeName and Enabled');
  }
  const { AttributeName: attribute, Enabled: enabled } = wanted;
  return store.lock(async () => {
    const info = await store.table(String(body.TableName));
    if (enabled && info.ttlAttribute === attribute) throw validationError('TimeToLive is already enabled');
    if (!enabled && info.ttlAttribute === undefined) throw validationError('TimeToLive is already disabled');
    if (info.ttlAttribute !== undefined && info.ttlAttribute !== attribute) {
      throw validationError(
        `TimeToLive is active on a different AttributeName: current AttributeName is ${info.ttlAttribute}`,
      );
    }
    await redefine(store, info, { ...info, ttlAttribute: enabled ? attribute : undefined });
    return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
  });
}
