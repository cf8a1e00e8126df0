import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { DeveloperKey, DeveloperKeyStore } from '#core/extensions/ports.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { developerKeyKey } from './keys.ts';

/** Developer keys of apps, by hash only: what is stored cannot be used to call. */
export function createDeveloperKeyStore(table: Table, options: { cacheSeconds: number }): DeveloperKeyStore {
  const TableName = table.name;
  const cache = createCache<Awaited<ReturnType<DeveloperKeyStore['find']>>>({ ttlSeconds: options.cacheSeconds });
  return {
    async find(appId, keyId) {
      return await cache.get(`${appId}#${keyId}`, async () => {
        const { Item } = await table.documents.send(
          new GetCommand({ TableName, Key: developerKeyKey(appId, keyId), ConsistentRead: true }),
        );
        return Item === undefined ? undefined : { key: keyIn(Item), secretHash: String(Item.secretHash) };
      });
    },
  };
}

/** A key as its item is, without the hash. */
export function keyIn(item: Record<string, unknown>): DeveloperKey {
  return {
    keyId: String(item.keyId),
    appId: String(item.appId),
    label: String(item.label),
    createdAt: String(item.createdAt),
  };
}
