/**
 * The shape of the one table, as plain data: the stack deploys it and the store's tests create the same table with
 * CreateTable, so an index can never exist in one and be missing in the other.
 *
 * | index       | partition key | sort key | finds                                               | carries     |
 * |-------------|---------------|----------|-----------------------------------------------------|-------------|
 * | `byApp`     | `appPk`       | `id`     | files of an app                                     | their sizes |
 * | `byHolder`  | `holderPk`    | `id`     | files of a lock or template                         | keys        |
 * | `bySession` | `sessionPk`   | `id`     | files of a session, uploads of a coin, documents    | all         |
 * | `byOwner`   | `ownerPk`     | `id`     | staged files of a user, files of a template,        | all         |
 * |             |               |          | uploads of an owner                                 |             |
 * | `byDue`     | `duePk`       | `dueAt`  | what has expired or is stuck, in time order         | see below   |
 *
 * The indexes are sparse: an item without the partition key attribute is not in them and costs nothing there. What a
 * request lists carries whole items, so that a page is one query; what only clean-up and reconcile walk does not, so that
 * most changes of a record cost nothing there.
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

/** What an index carries beside keys, as DynamoDB's `Projection`. */
export type Projection =
  | { ProjectionType: 'ALL' | 'KEYS_ONLY' }
  | { ProjectionType: 'INCLUDE'; NonKeyAttributes: string[] };

/** A global secondary index. */
export interface IndexSchema {
  IndexName: string;
  KeySchema: KeyElement[];
  Projection: Projection;
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

/** Of a due item: whose quota it is in; and whole, what is no file: markers of direct uploads, and scopes to clean up. */
const ofDueItems = ['id', 'appId', 'sessionId', 'fileId', 'incoming', 'final', 'variants', 'scope'];

const projections: Partial<Record<IndexName, Projection>> = {
  byApp: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['sizeBytes'] },
  byHolder: { ProjectionType: 'KEYS_ONLY' },
  byDue: { ProjectionType: 'INCLUDE', NonKeyAttributes: ofDueItems },
};

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
    GlobalSecondaryIndexes: indexNames.map((IndexName) => ({
      IndexName,
      KeySchema: keySchema(indexKeys[IndexName][0], indexKeys[IndexName][1]),
      Projection: structuredClone(projections[IndexName] ?? { ProjectionType: 'ALL' }),
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
