import { GetCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CounterRef, ExtensionFile, Usage } from '#core/files/record.ts';
import { unknownCursor } from '#core/reconcile/reconcile.ts';
import type { ReconcileStore, ScanStore, StoredCounter } from '#core/reconcile/stores.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { attributesOf, countersIn, usageIn } from './counters.ts';
import { fromItem } from './file-item.ts';
import { appIdIn, counterIndex, counterKey, developerKeyPrefix } from './keys.ts';
import { createReportStore } from './reconcile-reports.ts';
import { createRunStore } from './reconcile-runs.ts';
import { createSuspectStore } from './reconcile-suspects.ts';
import { tighten } from './slice-repairs.ts';
import { isNamed } from './transaction.ts';
import { createUsageNotes } from './usage-history.ts';

/** Items read a page; at a kilobyte each a page stays below DynamoDB's 1 MB. */
const scanPageSize = 500;

/** All that reconcile asks of the table and keeps in it; see `ReconcileStore`. */
export const createReconcileStore = (table: Table): ReconcileStore => ({
  ...createScanStore(table),
  ...createRunStore(table),
  ...createSuspectStore(table),
  ...createUsageNotes(table),
  ...createReportStore(table),
});

function createScanStore(table: Table): ScanStore {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);

  /** Changes a counter unless it moved since it was read. */
  async function setIfStill(
    counter: CounterRef,
    { usedBytes, fileCount, movedAt }: StoredCounter,
    UpdateExpression: string,
    values: Record<string, unknown>,
  ): Promise<boolean> {
    // One that only its closing has written has no numbers, which are zeros.
    const is = (name: string, value: number) =>
      value === 0 ? `(attribute_not_exists(#${name}) OR #${name} = :was_${name})` : `#${name} = :was_${name}`;
    const { used, files } = attributesOf(counter);
    const unmoved = movedAt === undefined ? 'attribute_not_exists(movedAt)' : 'movedAt = :movedAt';
    try {
      await send(
        new UpdateCommand({
          TableName,
          Key: counterKey(counter),
          UpdateExpression,
          ConditionExpression: `${is('used', usedBytes)} AND ${is('files', fileCount)} AND ${unmoved}`,
          ExpressionAttributeNames: { '#used': used, '#files': files },
          ExpressionAttributeValues: {
            ...values,
            ':was_used': usedBytes,
            ':was_files': fileCount,
            ...(movedAt !== undefined && { ':movedAt': movedAt }),
          },
        }),
      );
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }

  return {
    async scan(cursor) {
      const { Items = [], LastEvaluatedKey } = await send(
        new ScanCommand({
          TableName,
          Limit: scanPageSize,
          ConsistentRead: true,
          FilterExpression: 'sk IN (:file, :counter, :settings) OR begins_with(sk, :key)',
          ExpressionAttributeValues: {
            ':file': 'FILE',
            ':counter': 'COUNTER',
            ':settings': 'SETTINGS',
            ':key': developerKeyPrefix,
          },
          ...(cursor !== undefined && { ExclusiveStartKey: startKey(cursor) }),
        }),
      );
      return {
        files: Items.filter(({ sk }) => sk === 'FILE').map(fromItem),
        counters: Items.flatMap((item) =>
          (item.sk === 'COUNTER' ? countersIn(item) : []).map((counter) => ({
            counter,
            movedAt: item.movedAt,
            usage: usageIn(counter, item),
          })),
        ),
        apps: [...new Set(Items.flatMap(appsIn))],
        ...(LastEvaluatedKey !== undefined && { cursor: JSON.stringify(LastEvaluatedKey) }),
      };
    },

    async hasRecords() {
      let start: Record<string, unknown> | undefined;
      do {
        const { Count = 0, LastEvaluatedKey } = await send(
          new ScanCommand({
            TableName,
            Limit: scanPageSize,
            ConsistentRead: true,
            Select: 'COUNT',
            FilterExpression: 'sk = :file',
            ExpressionAttributeValues: { ':file': 'FILE' },
            ExclusiveStartKey: start,
          }),
        );
        if (Count > 0) return true;
        start = LastEvaluatedKey;
      } while (start !== undefined);
      return false;
    },

    async counter(counter): Promise<StoredCounter> {
      const { Item = {} } = await send(new GetCommand({ TableName, Key: counterKey(counter), ConsistentRead: true }));
      const { movedAt } = Item as Partial<StoredCounter>;
      return { ...usageIn(counter, Item), ...(movedAt !== undefined && { movedAt }) };
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
            ProjectionExpression: 'sizeBytes, #state, appId',
            ExpressionAttributeNames: { '#pk': pk, '#state': 'state' },
            ExpressionAttributeValues: { ':pk': value },
            ExclusiveStartKey: start,
          }),
        );
        for (const { sizeBytes, state, appId } of Items as Pick<ExtensionFile, 'sizeBytes' | 'state' | 'appId'>[]) {
          // A session's index has files of other apps too; an app's carries sizes only.
          if (state === 'deleting' || (counter.kind === 'session' && appId !== counter.appId)) continue;
          sum.usedBytes += sizeBytes;
          sum.fileCount += 1;
        }
        start = LastEvaluatedKey;
      } while (start !== undefined);
      return sum;
    },

    async correct(counter, stored, actual, now) {
      const free = counter.kind === 'app' && { ':less': stored.usedBytes - actual.usedBytes };
      const update = 'SET #used = :bytes, #files = :files, movedAt = :at';
      const corrected = await setIfStill(counter, stored, free ? `${update} ADD freeBytes :less` : update, {
        ':bytes': actual.usedBytes,
        ':files': actual.fileCount,
        ':at': now.toISOString(),
        ...free,
      });
      // What was missing in one slice may have been given to another.
      if (corrected && counter.kind === 'app' && actual.usedBytes > stored.usedBytes)
        await tighten(table, counter.appId);
      return corrected;
    },

    async startWatch(counter, stored, now) {
      await setIfStill(counter, stored, 'SET movedAt = :at', { ':at': now.toISOString() });
    },

    async keysOf(fileIds) {
      const files = await getFiles(table, fileIds);
      return new Map(files.map(({ id, bucket, key }) => [id, { bucket, key }]));
    },
  };
}

/** Settings, keys and counters of an app lie in partitions of its own. */
function appsIn({ pk }: Record<string, unknown>): string[] {
  const appId = appIdIn(String(pk));
  return appId === undefined ? [] : [appId];
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
