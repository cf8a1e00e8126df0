import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AppFileStore, FileFilter, Found } from '#core/extensions/administration/files.ts';
import { idPattern } from '#core/files/ids.ts';
import { type ExtensionFile, isOf } from '#core/files/record.ts';
import type { Page, PageRequest } from '#core/files/store.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { counterIndex, duePk, dueShards, fileKey, scopeIndex } from './keys.ts';
import { unknownCursor } from './query.ts';
import { partsOf } from './slices.ts';

/** A partition of an index whose sort key is the id. */
interface Partition {
  IndexName: string;
  pk: string;
  value: string;
}

/** Above every id: a list begins at its newest file. */
const newest = 'g';

/** An app's files as administrators list them; see `AppFileStore`. */
export function createAppFileStore(table: Table): AppFileStore {
  return {
    async find(appId, filter, page) {
      return filter.state === 'deleting'
        ? await findDue(table, appId, page)
        : await findNewest(table, partitionsOf(appId, filter), page);
    },

    async records(ids) {
      const files = (await getFiles(table, ids)).filter((file) => isOf('extension', file));
      return new Map(files.map((file): [string, ExtensionFile] => [file.id, file]));
    },
  };
}

/** The fewest items that hold all that are asked for. An app's own are in one partition for each slice of its counter. */
function partitionsOf(appId: string, { state, sessionId, userId }: FileFilter): Partition[] {
  if (sessionId !== undefined) return [scopeIndex({ kind: 'session', sessionId })];
  if (state === 'staged' && userId !== undefined) return [counterIndex({ kind: 'staged', appId, userId })];
  return partsOf(appId).map(({ slice }) => scopeIndex({ kind: 'app', appId }, slice));
}

/**
 * A page of several partitions together, newest first. Each round asks all of them for a few more than their share, and
 * takes what cannot be followed by anything newer: a partition that has more has nothing above what it gave last.
 */
async function findNewest(table: Table, partitions: Partition[], { limit, cursor = newest }: PageRequest) {
  if (cursor !== newest && !idPattern.test(cursor)) throw unknownCursor();
  const ids: string[] = [];
  for (let before = cursor; ; before = ids.at(-1) ?? before) {
    const wanted = limit - ids.length + 1;
    const each = partitions.length === 1 ? wanted : Math.ceil((2 * wanted) / partitions.length) + 1;
    const parts = await Promise.all(partitions.map((partition) => below(table, partition, before, each)));
    const sure = parts.reduce((highest, { more }) => (more !== undefined && more > highest ? more : highest), '');
    const found = parts.flatMap((part) => part.ids);
    ids.push(
      ...found
        .filter((id) => id >= sure)
        .sort()
        .reverse(),
    );
    if (sure === '' || ids.length > limit) break;
  }
  const items = ids.slice(0, limit).map((id): Found => ({ id, cursor: id }));
  const last = items.at(-1)?.id;
  return { items, read: items.length, ...(ids.length > limit && last !== undefined && { cursor: last }) };
}

/** At most `limit` ids below `before`, newest first, and the last that was looked at where there are more. */
async function below(table: Table, { IndexName, pk, value }: Partition, before: string, limit: number) {
  const { Items = [], LastEvaluatedKey } = await table.documents.send(
    new QueryCommand({
      TableName: table.name,
      IndexName,
      KeyConditionExpression: '#pk = :pk AND id < :before',
      ProjectionExpression: 'id',
      ExpressionAttributeNames: { '#pk': pk },
      ExpressionAttributeValues: { ':pk': value, ':before': before },
      ScanIndexForward: false,
      Limit: limit,
    }),
  );
  const more: string | undefined = LastEvaluatedKey?.id;
  return { ids: Items.map(({ id }) => String(id)), more };
}

/** `<shard>:` begins a shard, `<shard>:<time>:<id>` goes on behind an item of it. */
const placePattern = /^([0-7]):(?:(\d{1,15}):([0-9a-f]{24}))?$/;

/**
 * What is due of an app, shard by shard and in each by time: a page reads at most `limit` items, of whichever app, and so may
 * find none.
 */
async function findDue(
  table: Table,
  appId: string,
  { limit, cursor = '0:' }: PageRequest,
): Promise<Page<Found> & { read: number }> {
  const place = placePattern.exec(cursor);
  if (place === null) throw unknownCursor();
  const [, shardText, dueAt, id] = place;
  const shard = Number(shardText);
  const pk = duePk(shard);
  const {
    Items = [],
    LastEvaluatedKey,
    ScannedCount = 0,
  } = await table.documents.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: 'byDue',
      KeyConditionExpression: 'duePk = :pk',
      FilterExpression: 'appId = :app',
      ExpressionAttributeValues: { ':pk': pk, ':app': appId },
      ExclusiveStartKey: id === undefined ? undefined : { ...fileKey(id), duePk: pk, dueAt: Number(dueAt) },
      Limit: limit,
    }),
  );
  const cursorOf = (at: Record<string, unknown>) =>
    `${shard}:${at.dueAt}:${String(at.pk).slice(fileKey('').pk.length)}`;
  const next = LastEvaluatedKey === undefined ? nextShard(shard) : cursorOf(LastEvaluatedKey);
  const items = Items.map((item): Found => ({ id: String(item.id), cursor: cursorOf(item) }));
  return { items, read: Math.max(1, ScannedCount), ...(next !== undefined && { cursor: next }) };
}

const nextShard = (shard: number) => (shard + 1 < dueShards ? `${shard + 1}:` : undefined);
