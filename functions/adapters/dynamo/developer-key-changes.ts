import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { DeveloperKeyChanges } from '#core/extensions/ports.ts';
import { auditEntry } from '#core/files/audit.ts';
import { registration } from './app-registry.ts';
import { auditItem } from './audit.ts';
import type { Table } from './client.ts';
import { keyIn } from './developer-key-store.ts';
import { writeSecret } from './idempotency.ts';
import { developerKeyKey } from './keys.ts';
import { transact } from './transaction.ts';

/** What administrators do with developer keys; apart from their look-up, which every call of an extension makes. */
export function createDeveloperKeyChanges(table: Table): DeveloperKeyChanges {
  const TableName = table.name;
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

    async revoke(appId, keyId, author) {
      const Key = developerKeyKey(appId, keyId);
      const { Item } = await table.documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      if (Item === undefined) return false;
      const { label } = keyIn(Item);
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
