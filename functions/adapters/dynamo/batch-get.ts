import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { FileRecord } from '#core/files/record.ts';
import type { Table } from './client.ts';
import { fromItem } from './file-item.ts';
import { fileKey } from './keys.ts';

/** Keys DynamoDB takes in one batch. */
const batchSize = 100;

/**
 * Files by their ids, strongly consistent, in no order; missing ones are left out, an id given twice is read once. One
 * call for each hundred, and more when an answer reaches 16 MB and says which keys it left out.
 */
export async function getFiles(table: Table, fileIds: string[]): Promise<FileRecord[]> {
  const found: FileRecord[] = [];
  const wanted = [...new Set(fileIds)];
  for (let start = 0; start < wanted.length; start += batchSize) {
    let keys: Record<string, unknown>[] = wanted.slice(start, start + batchSize).map(fileKey);
    while (keys.length > 0) {
      const { Responses, UnprocessedKeys } = await table.documents.send(
        new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: true } } }),
      );
      found.push(...(Responses?.[table.name] ?? []).map((item) => fromItem(item)));
      keys = UnprocessedKeys?.[table.name]?.Keys ?? [];
    }
  }
  return found;
}
