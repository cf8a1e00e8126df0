import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { AppError } from '#core/files/errors.ts';
import type { FileRecord } from '#core/files/record.ts';
import { backOff } from './back-off.ts';
import type { Table } from './client.ts';
import { fromItem } from './file-item.ts';
import { fileKey } from './keys.ts';

type Keys = Record<string, unknown>[];

/** Keys DynamoDB takes in one batch. */
const batchSize = 100;

/** Answers in a row that brought nothing before giving up; with the pauses below at most six seconds. */
const maxIdleRounds = 8;
const pauses = { baseMs: 25, longestMs: 1000 };

/** Files by their ids, strongly consistent, in no order; see {@link getItems}. An id given twice is read once. */
export async function getFiles(table: Table, fileIds: string[]): Promise<FileRecord[]> {
  return (await getItems(table, [...new Set(fileIds)].map(fileKey))).map((item) => fromItem(item));
}

/** {@link getItems} as a look-up by key; undefined for what is not there. */
export async function getByKey(
  table: Table,
  wanted: Keys,
  options?: { consistent?: boolean },
): Promise<(key: Record<string, unknown>) => Record<string, unknown> | undefined> {
  const items = new Map((await getItems(table, wanted, options)).map((item) => [nameOf(item), item]));
  return (key) => items.get(nameOf(key));
}

/** Neither half of a key of ours holds a blank. */
const nameOf = ({ pk, sk }: Record<string, unknown>) => `${pk} ${sk}`;

/**
 * Items by their keys, strongly consistent unless told, in no order; missing ones are left out. One call for each hundred, and more
 * when DynamoDB leaves keys out because its answer is full (16 MB) or a partition is busy. Throws
 * `temporarily_unavailable` when it goes on leaving them out, or the caller's time runs out.
 * Source: Amazon DynamoDB API Reference, BatchGetItem: "we strongly recommend that you use an exponential backoff".
 */
export async function getItems(
  table: Table,
  wanted: Keys,
  { consistent = true } = {},
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let start = 0; start < wanted.length; start += batchSize) {
    let keys: Keys = wanted.slice(start, start + batchSize);
    for (let idleRounds = 0; keys.length > 0; ) {
      const { Responses, UnprocessedKeys } = await table.documents.send(
        new BatchGetCommand({ RequestItems: { [table.name]: { Keys: keys, ConsistentRead: consistent } } }),
      );
      found.push(...(Responses?.[table.name] ?? []));
      const left: Keys = UnprocessedKeys?.[table.name]?.Keys ?? [];
      idleRounds = left.length < keys.length ? 0 : idleRounds + 1;
      keys = left;
      if (keys.length === 0) break;
      if (idleRounds >= maxIdleRounds || !(await backOff(idleRounds, pauses, table))) {
        throw new AppError('temporarily_unavailable', 'The service is busy right now. Try again shortly.', {
          cause: new Error(`DynamoDB left ${keys.length} keys unprocessed`),
          retryAfterSeconds: 1,
        });
      }
    }
  }
  return found;
}
