import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditEntry, AuditLog } from '#core/files/audit.ts';
import type { Table } from './client.ts';
import { auditKey, auditOfAppPk, auditPk } from './keys.ts';
import { queryPageOf } from './query.ts';
import type { TransactItem } from './transaction.ts';

/** How long an entry is kept, seconds: a year and a month, so that a yearly review sees all of the year before. */
const retentionSeconds = 400 * 86_400;

/**
 * An audit entry's part of the transaction that makes the change. Entries that concern an app are found by it, too; all are
 * in one partition, since administrators write a few a minute at most.
 */
export const auditItem = (TableName: string, entry: AuditEntry) =>
  ({
    Put: {
      TableName,
      Item: {
        ...auditKey(entry.id),
        ...entry,
        ...(entry.appId !== undefined && { ownerPk: auditOfAppPk(entry.appId) }),
        ttl: Math.floor(Date.parse(entry.at) / 1000) + retentionSeconds,
      },
    },
  }) satisfies TransactItem;

/** What was written down; see `AuditLog`. */
export function createAuditLog(table: Table): AuditLog {
  return {
    async list({ appId }, page) {
      const ownerPk = appId === undefined ? undefined : auditOfAppPk(appId);
      const query = {
        ...(ownerPk === undefined ? { ConsistentRead: true } : { IndexName: 'byOwner' }),
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': ownerPk === undefined ? 'pk' : 'ownerPk' },
        ExpressionAttributeValues: { ':pk': ownerPk ?? auditPk },
        ScanIndexForward: false,
      };
      const keyOf = (id: string) => ({ ...auditKey(id), ...(ownerPk !== undefined && { id, ownerPk }) });
      return await queryPageOf(table, query, { keyOf, fromItem: entryIn }, page);
    },

    async note(entry) {
      await table.documents.send(new PutCommand(auditItem(table.name, entry).Put));
    },
  };
}

function entryIn({ pk: _pk, sk: _sk, ownerPk: _ownerPk, ttl: _ttl, ...entry }: Record<string, unknown>): AuditEntry {
  return entry as unknown as AuditEntry;
}
