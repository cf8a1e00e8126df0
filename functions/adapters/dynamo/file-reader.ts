import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Usage } from '#core/files/record.ts';
import type { FileReader } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { usageIn } from './counters.ts';
import { fromItem } from './file-item.ts';
import { counterKey, fileKey, stagedPk } from './keys.ts';
import { queryAll } from './query.ts';
import { isCloneOf, listSession } from './session-list.ts';
import { readSlices, sumOf } from './slices.ts';

/** Records and counters in DynamoDB for those who only read; apart from the writes, so that no reader's bundle holds them. */
export function createFileReader(table: Table): FileReader {
  const TableName = table.name;
  return {
    async get(fileId) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: fileKey(fileId), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : fromItem(Item);
    },

    listBySession: (session, page) => listSession(table, session, page),
    isCloneOf: (lockId, templateId) => isCloneOf(table, lockId, templateId),

    async listStaged(appId, userId) {
      return await queryAll(table, {
        IndexName: 'byOwner',
        KeyConditionExpression: 'ownerPk = :pk',
        ExpressionAttributeValues: { ':pk': stagedPk(appId, userId) },
        ScanIndexForward: false,
      });
    },

    async usage(counter): Promise<Usage> {
      if (counter.kind === 'app') return sumOf(await readSlices(table, counter.appId));
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: counterKey(counter), ConsistentRead: true }),
      );
      return usageIn(counter, Item);
    },
  };
}
