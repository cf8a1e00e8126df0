/**
 * The shape of the one table, as plain data: the stack deploys it and the store's tests create the same table with
 * CreateTable, so an index can never exist in one and be missing in the other.
 *
 * | index       | partition key | sort key | finds                                        |
 * |-------------|---------------|----------|----------------------------------------------|
 * | `byApp`     | `appPk`       | `id`     | files of an app                              |
 * | `bySession` | `sessionPk`   | `id`     | files of a session                           |
 * | `byHolder`  | `holderPk`    | `id`     | files of a lock or template                  |
 * | `byOwner`   | `ownerPk`     | `id`     | staged files of a user, uploads of an owner  |
 * | `byDue`     | `duePk`       | `dueAt`  | what has expired or is stuck, in time order  |
 *
 * The indexes are sparse: an item without the partition key attribute is not in them and costs nothing there.
 */

/** An attribute used in a key, as DynamoDB's `AttributeDefinition`. */
export interface AttributeDefinition {
  AttributeName: string;
  AttributeType: 'S' | 'N';
}

/** One part of a key, as DynamoDB's `KeySchemaElement`. */
export interface KeyElement {
  AttributeName: string;
  KeyType: 'HASH' | 'RANGE';
}

/** A global secondary index that carries whole items. */
export interface IndexSchema {
  IndexName: string;
  KeySchema: KeyElement[];
  Projection: { ProjectionType: 'ALL' };
}

/** Input of DynamoDB's CreateTable, without what only a deployed table has (point-in-time recovery, protection). */
export interface CreateTable {
  TableName: string;
  AttributeDefinitions: AttributeDefinition[];
  KeySchema: KeyElement[];
  GlobalSecondaryIndexes: IndexSchema[];
  BillingMode: 'PAY_PER_REQUEST';
  StreamSpecification: { StreamEnabled: true; StreamViewType: 'NEW_AND_OLD_IMAGES' };
}

/** Attribute of the expiry tickets, epoch seconds. DynamoDB may be days late, so reads never rely on it. */
export const ttlAttribute = 'ttl';

const indexKeys = {
  byApp: ['appPk', 'id'],
  bySession: ['sessionPk', 'id'],
  byHolder: ['holderPk', 'id'],
  byOwner: ['ownerPk', 'id'],
  byDue: ['duePk', 'dueAt'],
} as const;

/** Names of the indexes. */
export type IndexName = keyof typeof indexKeys;

/** The index names in the order the table declares them. */
export const indexNames = Object.keys(indexKeys) as IndexName[];

const numberAttributes: ReadonlySet<string> = new Set(['dueAt']);

/**
 * The table as CreateTable wants it, fresh on every call so that a caller may change its copy.
 * Source: DynamoDB API reference, CreateTable. TTL is not part of CreateTable: see {@link ttlAttribute}.
 */
export function createTableInput(tableName: string): CreateTable {
  const keys: (readonly [string, string])[] = [['pk', 'sk'], ...Object.values(indexKeys)];
  return {
    TableName: tableName,
    AttributeDefinitions: [...new Set(keys.flat())].map((name) => ({
      AttributeName: name,
      AttributeType: numberAttributes.has(name) ? 'N' : 'S',
    })),
    KeySchema: keySchema('pk', 'sk'),
    GlobalSecondaryIndexes: Object.entries(indexKeys).map(([IndexName, [partition, sort]]) => ({
      IndexName,
      KeySchema: keySchema(partition, sort),
      Projection: { ProjectionType: 'ALL' },
    })),
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  };
}

function keySchema(partition: string, sort: string): KeyElement[] {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}
