import { dueWhileDeleted, dueWhileStored } from '#core/files/quarantine.ts';
import type { UploadFile } from '#core/files/record.ts';
import type { UploadStore } from '#core/uploads/ports.ts';
import type { Table } from './client.ts';
import { createFileWrites } from './file-writes.ts';
import { type TransactItem, transact } from './transaction.ts';
import { rankUpdates } from './upload-rank.ts';
import { createUploadReader } from './upload-reader.ts';

/** Lists of the uploads API in DynamoDB; see `UploadStore` for what each step promises. */
export function createUploadStore(table: Table): UploadStore {
  const TableName = table.name;
  const writes = createFileWrites(TableName);

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
    ...createUploadReader(table),

    async hide(file, { deletedAt, expiresAt }) {
      const ends = expiresAt.getTime();
      const at = deletedAt.toISOString();
      const dueAt = dueWhileDeleted(file, deletedAt, ends);
      const ended = { deletedAt: at, restorable: true, expiresAt: ends, dueAt } as const;
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
  };
}
