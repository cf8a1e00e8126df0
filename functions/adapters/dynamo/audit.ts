import type { AuditEntry } from '#core/files/audit.ts';
import { auditKey, auditOfAppPk } from './keys.ts';
import type { TransactItem } from './transaction.ts';

/** How long an entry is kept, seconds: a year and a month, so that a yearly review sees all of the year before. */
const retentionSeconds = 400 * 86_400;

/**
 * An audit entry's part of the transaction that makes the change. Entries that concern an app are found by it, too; all are
 * in one partition, since administrators write a few a minute at most.
 */
export const auditItem = (TableName: string, entry: AuditEntry): TransactItem => ({
  Put: {
    TableName,
    Item: {
      ...auditKey(entry.id),
      ...entry,
      ...(entry.appId !== undefined && { ownerPk: auditOfAppPk(entry.appId) }),
      ttl: Math.floor(Date.parse(entry.at) / 1000) + retentionSeconds,
    },
  },
});
