import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { QuotaMark, QuotaStore } from '#core/events/ports.ts';
import type { SettingsStore } from '#core/extensions/ports.ts';
import type { Table } from './client.ts';
import { quotaMarkKey } from './keys.ts';
import { readSlices, sumOf } from './slices.ts';
import { isNamed } from './transaction.ts';

/** What apps use of their limits, and which crossing was told, in DynamoDB; see `QuotaStore`. */
export function createQuotaStore(table: Table, settings: Pick<SettingsStore, 'getFresh'>): QuotaStore {
  const TableName = table.name;
  return {
    async read(appId) {
      const [slices, { maxBytesPerApp }, { Item = {} }] = await Promise.all([
        readSlices(table, appId),
        settings.getFresh(appId),
        table.documents.send(new GetCommand({ TableName, Key: quotaMarkKey(appId), ConsistentRead: true })),
      ]);
      const mark: QuotaMark = { threshold: Number(Item.threshold ?? 0), turn: Number(Item.turn ?? 0) };
      return { usedBytes: sumOf(slices).usedBytes, limitBytes: maxBytesPerApp, mark };
    },

    async mark(appId, { turn }, threshold) {
      try {
        await table.documents.send(
          new UpdateCommand({
            TableName,
            Key: quotaMarkKey(appId),
            UpdateExpression: 'SET threshold = :threshold, turn = :next',
            ConditionExpression: turn === 0 ? 'attribute_not_exists(pk)' : 'turn = :turn',
            ExpressionAttributeValues: {
              ':threshold': threshold,
              ':next': turn + 1,
              ...(turn !== 0 && { ':turn': turn }),
            },
          }),
        );
        return true;
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },
  };
}
