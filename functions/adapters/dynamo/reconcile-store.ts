import { QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CounterRef, FileRecord, Usage } from '#core/files/record.ts';
import { type ReconcileStore, unknownCursor } from '#core/reconcile/reconcile.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { fromItem } from './file-item.ts';
import { counterIndex, counterKey, counterOfKey } from './keys.ts';
import { isNamed } from './transaction.ts';

/** Items read a page; at a kilobyte each a page stays below DynamoDB's 1 MB. */
const scanPageSize = 500;

/** The whole table, its counters put right; see `ReconcileStore`. */
export function createReconcileStore(table: Table): ReconcileStore {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);

  return {
    async scan(cursor) {
      const { Items = [], LastEvaluatedKey } = await send(
        new ScanCommand({
          TableName,
          Limit: scanPageSize,
          ConsistentRead: true,
          FilterExpression: 'sk IN (:file, :counter)',
          ExpressionAttributeValues: { ':file': 'FILE', ':counter': 'COUNTER' },
          ...(cursor !== undefined && { ExclusiveStartKey: startKey(cursor) }),
        }),
      );
      return {
        files: Items.filter(({ sk }) => sk === 'FILE').map(fromItem),
        counters: Items.flatMap(({ pk, sk }) => (sk === 'COUNTER' ? (counterOfKey(String(pk)) ?? []) : [])),
        ...(LastEvaluatedKey !== undefined && { cursor: JSON.stringify(LastEvaluatedKey) }),
      };
    },

    async recount(counter: CounterRef): Promise<Usage> {
      const { IndexName, pk, value } = counterIndex(counter);
      const sum: Usage = { usedBytes: 0, fileCount: 0 };
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await send(
          new QueryCommand({
            TableName,
            IndexName,
            KeyConditionExpression: '#pk = :pk',
            ProjectionExpression: 'sizeBytes, #state',
            ExpressionAttributeNames: { '#pk': pk, '#state': 'state' },
            ExpressionAttributeValues: { ':pk': value },
            ExclusiveStartKey: start,
          }),
        );
        for (const { sizeBytes, state } of Items as Pick<FileRecord, 'sizeBytes' | 'state'>[]) {
          if (state === 'deleting') continue;
          sum.usedBytes += sizeBytes;
          sum.fileCount += 1;
        }
        start = LastEvaluatedKey;
      } while (start !== undefined);
      return sum;
    },

    async correct(counter, stored, actual) {
      try {
        await send(
          new UpdateCommand({
            TableName,
            Key: counterKey(counter),
            UpdateExpression: 'SET usedBytes = :bytes, fileCount = :files',
            ConditionExpression: 'usedBytes = :storedBytes AND fileCount = :storedFiles',
            ExpressionAttributeValues: {
              ':bytes': actual.usedBytes,
              ':files': actual.fileCount,
              ':storedBytes': stored.usedBytes,
              ':storedFiles': stored.fileCount,
            },
          }),
        );
        return true;
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    async keysOf(fileIds) {
      const files = await getFiles(table, fileIds);
      return new Map(files.map(({ id, bucket, key }) => [id, { bucket, key }]));
    },
  };
}

/** Where a scan goes on. Throws `validation_failed` for what no scan gave. */
function startKey(cursor: string): { pk: string; sk: string } {
  try {
    const { pk, sk } = JSON.parse(cursor);
    if (typeof pk === 'string' && typeof sk === 'string') return { pk, sk };
  } catch {
    // Not JSON: no cursor of ours.
  }
  throw unknownCursor();
}
