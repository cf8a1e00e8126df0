import type { OrganizationChange, OrganizationStore } from '#core/organizations/stores.ts';
import { auditItem } from './audit.ts';
import type { Table } from './client.ts';
import { createFileWrites } from './file-writes.ts';
import { rememberItem } from './idempotency.ts';
import {
  exportKey,
  logoKey,
  memberKey,
  minisiteKey,
  organizationParentsPk,
  parentPk,
  signatureTokenKey,
} from './keys.ts';
import { noLoan } from './slices.ts';
import { type TransactItem, transact } from './transaction.ts';

/** `OrganizationStore.commit`: each change as the conditional writes it stands for, all in one transaction. */
export function createCommit(table: Table): OrganizationStore['commit'] {
  const TableName = table.name;
  const writes = createFileWrites(TableName);

  /** A row at its next revision, only if it is still at the one the caller read. Revision 0 is no row. */
  const nextRow = (key: Record<string, string>, row: { rev: number }): TransactItem => ({
    Put: {
      TableName,
      Item: { ...key, ...row, rev: row.rev + 1 },
      ConditionExpression: row.rev === 0 ? 'attribute_not_exists(pk)' : 'rev = :rev',
      ...(row.rev > 0 && { ExpressionAttributeValues: { ':rev': row.rev } }),
    },
  });

  function itemsOf(change: OrganizationChange): TransactItem[] {
    switch (change.kind) {
      case 'member':
        return [
          {
            ConditionCheck: {
              TableName,
              Key: memberKey(change.orgId, change.userId),
              ConditionExpression: '#status = :active',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: { ':active': 'active' },
            },
          },
        ];
      case 'stage':
        return writes.reserve(change.file, [], { loan: noLoan });
      case 'settle':
        return writes.settle(change.file, change.next, []);
      case 'release':
        return writes.release([change.file], change.now);
      case 'parent': {
        const { parent } = change;
        const key = { pk: parentPk(parent.kind, parent.userId), sk: parent.id };
        return [
          {
            Put: {
              TableName,
              Item: { ...key, ...parent, ownerPk: organizationParentsPk(parent.orgId) },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ];
      }
      case 'parent_gone': {
        const { kind, userId, id } = change.parent;
        const Key = { pk: parentPk(kind, userId), sk: id };
        return [{ Delete: { TableName, Key, ConditionExpression: 'attribute_exists(pk)' } }];
      }
      case 'pending_logo':
        return [
          {
            Update: {
              TableName,
              Key: logoKey(change.orgId),
              UpdateExpression: 'SET pendingUploadId = :upload ADD rev :one',
              ExpressionAttributeValues: { ':upload': change.uploadId, ':one': 1 },
            },
          },
        ];
      case 'logo':
        return [nextRow(logoKey(change.row.orgId), change.row)];
      case 'minisite':
        return [nextRow(minisiteKey(change.row.orgId), change.row)];
      case 'first_export': {
        const Key = exportKey(change.orgId, change.jobId);
        return [{ ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(pk)' } }];
      }
      case 'export':
        return [nextRow(exportKey(change.row.orgId, change.row.jobId), change.row)];
      case 'remember':
        return [rememberItem(TableName, change.claim, change.made)];
      case 'audit':
        return [auditItem(TableName, change.entry)];
      case 'use_token':
        return [
          {
            Update: {
              TableName,
              Key: signatureTokenKey(change.token.tokenHash),
              UpdateExpression: 'SET used = :yes, uploadId = :upload, presigns = :presigns',
              ConditionExpression: change.token.uploadId === undefined ? 'used = :no' : 'uploadId = :was',
              ExpressionAttributeValues: {
                ':yes': true,
                ':upload': change.uploadId,
                ':presigns': (change.token.presigns ?? 0) + 1,
                ...(change.token.uploadId === undefined ? { ':no': false } : { ':was': change.token.uploadId }),
              },
            },
          },
        ];
    }
  }

  return async (changes) => {
    const planned = changes.flatMap((change) => itemsOf(change).map((item) => ({ kind: change.kind, item })));
    const outcomes = await transact(
      table,
      planned.map(({ item }) => item),
    );
    const refused = (outcomes ?? []).flatMap(({ failed }, index) => (failed ? (planned[index]?.kind ?? []) : []));
    return [...new Set(refused)];
  };
}
