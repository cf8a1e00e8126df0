import { DeleteCommand, GetCommand, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { keyCursor } from '#core/extensions/developer-keys.ts';
import type { DeveloperKey, DeveloperKeyStore } from '#core/extensions/ports.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { writeSecret } from './idempotency.ts';
import { appPk, developerKeyKey, developerKeyPrefix } from './keys.ts';

/** Developer keys of apps, by hash only: what is stored cannot be used to call. */
export function createDeveloperKeyStore(table: Table, options: { cacheSeconds: number }): DeveloperKeyStore {
  const TableName = table.name;
  const cache = createCache<Awaited<ReturnType<DeveloperKeyStore['find']>>>({ ttlSeconds: options.cacheSeconds });

  return {
    async create(key, secretHash, claim) {
      const put = {
        TableName,
        Item: { ...developerKeyKey(key.appId, key.keyId), ...key, secretHash },
        // The second half is for the try after one whose answer was lost: it meets its own key.
        ConditionExpression: 'attribute_not_exists(pk) OR secretHash = :hash',
        ExpressionAttributeValues: { ':hash': secretHash },
      };
      if (claim === undefined) {
        await table.documents.send(new PutCommand(put));
        return 'written';
      }
      return await writeSecret(table, claim, {
        id: key.keyId,
        createdAt: key.createdAt,
        put: { Put: put },
        remove: (former) => ({ Delete: { TableName, Key: developerKeyKey(key.appId, former) } }),
      });
    },

    async find(appId, keyId) {
      return await cache.get(`${appId}#${keyId}`, async () => {
        const { Item } = await table.documents.send(
          new GetCommand({ TableName, Key: developerKeyKey(appId, keyId), ConsistentRead: true }),
        );
        return Item === undefined ? undefined : { key: fromItem(Item), secretHash: String(Item.secretHash) };
      });
    },

    async list(appId) {
      const keys: DeveloperKey[] = [];
      const pages = paginateQuery(
        { client: table.documents },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': appPk(appId), ':prefix': developerKeyPrefix },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) keys.push(...Items.map(fromItem));
      return keys.sort((a, b) => (keyCursor(a) < keyCursor(b) ? -1 : 1));
    },

    async revoke(appId, keyId) {
      const { Attributes } = await table.documents.send(
        new DeleteCommand({ TableName, Key: developerKeyKey(appId, keyId), ReturnValues: 'ALL_OLD' }),
      );
      cache.forget(`${appId}#${keyId}`);
      return Attributes !== undefined;
    },
  };
}

function fromItem(item: Record<string, unknown>): DeveloperKey {
  return {
    keyId: String(item.keyId),
    appId: String(item.appId),
    label: String(item.label),
    createdAt: String(item.createdAt),
  };
}
