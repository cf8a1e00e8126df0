import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { keyCursor } from '#core/extensions/developer-keys.ts';
import type { DeveloperKey, DeveloperKeyStore } from '#core/extensions/ports.ts';
import { auditEntry } from '#core/files/audit.ts';
import { registration } from './app-registry.ts';
import { auditItem } from './audit.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { writeSecret } from './idempotency.ts';
import { appPk, developerKeyKey, developerKeyPrefix } from './keys.ts';
import { transact } from './transaction.ts';

/** Developer keys of apps, by hash only: what is stored cannot be used to call. */
export function createDeveloperKeyStore(table: Table, options: { cacheSeconds: number }): DeveloperKeyStore {
  const TableName = table.name;
  const cache = createCache<Awaited<ReturnType<DeveloperKeyStore['find']>>>({ ttlSeconds: options.cacheSeconds });

  return {
    async create(key, secretHash, author, claim) {
      const Put = {
        TableName,
        Item: { ...developerKeyKey(key.appId, key.keyId), ...key, secretHash },
        // The second half is for the try after one whose answer was lost: it meets its own key.
        ConditionExpression: 'attribute_not_exists(pk) OR secretHash = :hash',
        ExpressionAttributeValues: { ':hash': secretHash },
      };
      const { appId, keyId, label, createdAt } = key;
      const subject = { type: 'key', id: keyId } as const;
      const beside = [
        await registration(table, appId, author.at),
        auditItem(TableName, auditEntry(author, { action: 'app.key.created', appId, subject, details: { label } })),
      ];
      if (claim === undefined) {
        return (await transact(table, [{ Put }, ...beside])) === undefined ? 'written' : 'taken';
      }
      return await writeSecret(table, claim, {
        id: keyId,
        createdAt,
        put: { Put },
        beside,
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

    async revoke(appId, keyId, author) {
      const Key = developerKeyKey(appId, keyId);
      const { Item } = await table.documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      cache.forget(`${appId}#${keyId}`);
      if (Item === undefined) return false;
      const { label } = fromItem(Item);
      const what = {
        action: 'app.key.revoked',
        appId,
        subject: { type: 'key', id: keyId },
        details: { label },
      } as const;
      const outcomes = await transact(table, [
        { Delete: { TableName, Key, ConditionExpression: 'attribute_exists(pk)' } },
        auditItem(TableName, auditEntry(author, what)),
      ]);
      return outcomes === undefined;
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
