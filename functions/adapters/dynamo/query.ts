import { paginateQuery, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { AppError } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import type { Page, PageRequest } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { fromItem } from './file-item.ts';
import { dueShards, fileKey } from './keys.ts';

type Query = Omit<QueryCommandInput, 'TableName'>;
type Item = Record<string, unknown>;

/** The indexes of sessions and staged files hold files of extensions only. */
const extensionFile = (item: Item) => fromItem(item) as ExtensionFile;

/** A cursor is an id we gave. Throws `validation_failed` for anything else. */
function requireCursor(cursor: string | undefined): void {
  if (cursor !== undefined && !idPattern.test(cursor)) throw unknownCursor();
}

/** `validation_failed`, for what no list gave. */
export const unknownCursor = () =>
  new AppError('validation_failed', 'The cursor is not one this list gave. Start without a cursor.', {
    details: { issues: [{ field: 'cursor', message: 'unknown cursor' }] },
  });

/** Everything a query finds, page by page (a DynamoDB page ends at 1 MB). */
export async function queryAll(table: Table, query: Query): Promise<ExtensionFile[]> {
  const found: ExtensionFile[] = [];
  for await (const { Items = [] } of paginateQuery({ client: table.documents }, { ...query, TableName: table.name })) {
    found.push(...Items.map(extensionFile));
  }
  return found;
}

/** Items of every query but the first of a page: DynamoDB counts what a filter drops, of which there may be many. */
const readAtOnce = 100;

/** One page of an index whose sort key is `id`; see `queryPageOf`. `T` is what the index carries of the records in it. */
export async function queryPage<T extends { id: string }>(
  table: Table,
  query: Query,
  index: { pk: string; value: string },
  page: PageRequest,
): Promise<Page<T>> {
  const keyOf = (id: string) => ({ ...fileKey(id), id, [index.pk]: index.value });
  return await queryPageOf(table, query, { keyOf, fromItem: (item) => fromItem(item) as unknown as T }, page);
}

/**
 * One page of what a query finds. The cursor is the last id shown: the key to start from is rebuilt from it, so a cursor
 * carries no table internals and cannot point into another owner's partition. Filtered items do not count, so a page is
 * short only at the end. Throws `validation_failed` for a cursor we did not give.
 */
export async function queryPageOf<T extends { id: string }>(
  table: Table,
  query: Query,
  { keyOf, fromItem }: { keyOf: (id: string) => Item; fromItem: (item: Item) => T },
  { limit, cursor }: PageRequest,
): Promise<Page<T>> {
  requireCursor(cursor);
  const start = cursor === undefined ? undefined : keyOf(cursor);
  return await queryFrom(table, query, { start, fromItem, cursorOf: ({ id }) => id }, limit);
}

/** {@link queryPageOf} of a list whose cursors are not ids: from behind a key on, with `cursorOf` the last item shown. */
export async function queryFrom<T>(
  table: Table,
  query: Query,
  given: { start: Item | undefined; fromItem: (item: Item) => T; cursorOf: (last: T) => string },
  limit: number,
): Promise<Page<T>> {
  const { fromItem, cursorOf } = given;
  const items: T[] = [];
  let { start } = given;
  // One more than wanted tells whether there is a next page without another query.
  let Limit = limit + 1;
  do {
    const { Items = [], LastEvaluatedKey } = await table.documents.send(
      new QueryCommand({ ...query, TableName: table.name, ExclusiveStartKey: start, Limit }),
    );
    items.push(...Items.map(fromItem));
    start = LastEvaluatedKey;
    Limit = Math.max(Limit, readAtOnce);
  } while (start !== undefined && items.length <= limit);
  if (items.length <= limit) return { items };
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, ...(last !== undefined && { cursor: cursorOf(last) }) };
}

/**
 * What is due in the shards that `partition` names, soonest first: a page of each shard, at most `limit` in all.
 * With a `filter`, which DynamoDB applies after counting, the pages are as long as DynamoDB makes them.
 */
export async function queryDue(
  table: Table,
  partition: (shard: number) => string,
  now: Date,
  { limit, filter }: { limit: number; filter?: { attribute: string; value: string } | undefined },
): Promise<Item[]> {
  const shards = await Promise.all(
    Array.from({ length: dueShards }, async (_, shard) => {
      const { Items = [] } = await table.documents.send(
        new QueryCommand({
          TableName: table.name,
          IndexName: 'byDue',
          KeyConditionExpression: 'duePk = :pk AND dueAt <= :now',
          ...(filter !== undefined && {
            FilterExpression: '#attribute = :value',
            ExpressionAttributeNames: { '#attribute': filter.attribute },
          }),
          ExpressionAttributeValues: {
            ':pk': partition(shard),
            ':now': now.getTime(),
            ...(filter !== undefined && { ':value': filter.value }),
          },
          Limit: filter === undefined ? limit : undefined,
        }),
      );
      return Items;
    }),
  );
  return shards
    .flat()
    .sort((a, b) => Number(a.dueAt) - Number(b.dueAt))
    .slice(0, limit);
}
