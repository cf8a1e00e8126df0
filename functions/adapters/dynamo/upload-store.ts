import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { dueWhileStored } from '#core/files/quarantine.ts';
import type { UploadFile } from '#core/files/record.ts';
import type { ListRef } from '#core/uploads/lists.ts';
import type { UploadStore } from '#core/uploads/ports.ts';
import type { Table } from './client.ts';
import { fromItem, listIndexes } from './file-item.ts';
import { createFileWrites } from './file-writes.ts';
import { listPk } from './keys.ts';
import { type TransactItem, transact } from './transaction.ts';
import { locate, rankUpdates, readRank } from './upload-rank.ts';

/** Above every id: a list begins at its newest file. */
const newest = 'g';

/** Lists of the uploads API in DynamoDB; see `UploadStore` for what each step promises. */
export function createUploadStore(table: Table): UploadStore {
  const TableName = table.name;
  const writes = createFileWrites(TableName);

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

  /** A record at its next state, in the lists that call for it. */
  async function moveLists(file: UploadFile, next: UploadFile, ticket: TransactItem): Promise<UploadFile | undefined> {
    const moves = [
      { file, by: -1 },
      { file: next, by: 1 },
    ] as const;
    const outcomes = await transact(table, [
      { Put: writes.replace(file, next) },
      ticket,
      ...rankUpdates(TableName, [...moves]),
    ]);
    return outcomes === undefined ? next : undefined;
  }

  return {
    async hide(file, { deletedAt, expiresAt }) {
      const ends = expiresAt.getTime();
      const at = deletedAt.toISOString();
      const ended = { deletedAt: at, restorable: true, expiresAt: ends, dueAt: ends } as const;
      return await moveLists(
        file,
        { ...file, rev: file.rev + 1, updatedAt: at, ...ended },
        writes.putTicket(file.id, ends),
      );
    },

    async reveal(file, restoredAt) {
      const at = restoredAt.toISOString();
      const { deletedAt: _, restorable: __, expiresAt: ___, dueAt: ____, ...kept } = file;
      return await moveLists(
        file,
        { ...kept, rev: file.rev + 1, updatedAt: at, restoredAt: at, ...dueWhileStored(file, restoredAt) },
        writes.dropTicket(file.id),
      );
    },

    async rename(file, key) {
      const next = { ...file, key, rev: file.rev + 1 };
      const outcomes = await transact(table, [{ Put: writes.replace(file, next) }]);
      return outcomes === undefined ? next : undefined;
    },

    async keepOpen(file, { incoming, until }) {
      const next = { ...file, rev: file.rev + 1, incoming, expiresAt: until, dueAt: until };
      const outcomes = await transact(table, [{ Put: writes.replace(file, next) }, writes.putTicket(file.id, until)]);
      return outcomes === undefined ? next : undefined;
    },

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
