import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { UploadFile } from '#core/files/record.ts';
import type { ListRef } from '#core/uploads/lists.ts';
import type { UploadReader } from '#core/uploads/ports.ts';
import type { Table } from './client.ts';
import { fromItem, listIndexes } from './file-item.ts';
import { listPk } from './keys.ts';
import { locate, readRank } from './upload-rank.ts';

/** Above every id: a list begins at its newest file. */
const newest = 'g';

/**
 * Lists of the uploads API in DynamoDB, for those who only read; apart from the writes, so that no reader's bundle holds
 * them.
 */
export function createUploadReader(table: Table): UploadReader {
  const TableName = table.name;

  /** At most `limit` files with ids below `before`, newest first. Only listed files are in these indexes. */
  async function below(list: ListRef, before: string, limit: number): Promise<UploadFile[]> {
    const index = listIndexes[list.kind];
    const items: UploadFile[] = [];
    const pages = paginateQuery(
      { client: table.documents },
      {
        TableName,
        IndexName: index.name,
        KeyConditionExpression: '#pk = :pk AND id < :before',
        ExpressionAttributeNames: { '#pk': index.pk },
        ExpressionAttributeValues: { ':pk': listPk(list), ':before': before },
        ScanIndexForward: false,
        Limit: limit,
      },
    );
    for await (const { Items = [] } of pages) {
      items.push(...Items.map((item) => fromItem<UploadFile>(item)));
      if (items.length >= limit) break;
    }
    return items.slice(0, limit);
  }

  return {
    async page(list, { offset, limit }) {
      if (offset === 0) {
        const [{ count }, items] = await Promise.all([readRank(table, list), below(list, newest, limit)]);
        return { count, items, more: items.length < count };
      }
      const rank = await readRank(table, list);
      const { count } = rank;
      if (offset >= count) return { count, items: [], more: false };
      const { before, skip } = await locate(table, list, { rank, offset });
      const items = (await below(list, before, skip + limit)).slice(skip);
      return { count, items, more: offset + items.length < count };
    },

    async after(list, { id = newest, limit }) {
      const [{ count }, items] = await Promise.all([readRank(table, list), below(list, id, limit + 1)]);
      return { count, items: items.slice(0, limit), more: items.length > limit };
    },
  };
}
