import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { keyCursor } from '#core/extensions/developer-keys.ts';
import type { DeveloperKey, DeveloperKeyList } from '#core/extensions/ports.ts';
import type { Table } from './client.ts';
import { keyIn } from './developer-key-store.ts';
import { appPk, developerKeyPrefix } from './keys.ts';

/** An app's developer keys as administrators see them; apart from the writes, so that no reader's bundle holds them. */
export function createDeveloperKeyList(table: Table): DeveloperKeyList {
  const TableName = table.name;
  return {
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
      for await (const { Items = [] } of pages) keys.push(...Items.map(keyIn));
      return keys.sort((a, b) => (keyCursor(a) < keyCursor(b) ? -1 : 1));
    },
  };
}
