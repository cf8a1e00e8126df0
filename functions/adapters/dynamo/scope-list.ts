import type { FileRecord, Scope } from '#core/files/record.ts';
import type { Page } from '#core/files/store.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { scopeIndex } from './keys.ts';
import { queryPage, unknownCursor } from './query.ts';
import { partsOf } from './slices.ts';

interface PageOf {
  limit: number;
  cursor?: string | undefined;
}

/**
 * A page of a scope's files by their index, which for all but a session carries ids only: the records are read by them,
 * and so are as they are now. One that is gone or being deleted by then is not in the page, so a page may be short.
 */
export async function listScope(table: Table, scope: Scope, page: PageOf): Promise<Page<FileRecord>> {
  if (scope.kind === 'session') return await listPartition<FileRecord>(table, scope, undefined, page);
  const { items, cursor } = await listIds(table, scope, page);
  const ids = items.map(({ id }) => id);
  const records = new Map((await getFiles(table, ids)).map((file) => [file.id, file]));
  const found = ids.map((id) => records.get(id)).filter((file) => file !== undefined);
  return { items: found.filter(({ state }) => state !== 'deleting'), ...(cursor !== undefined && { cursor }) };
}

/**
 * An app's lie in one partition for each slice of its counter, which are read one after the other; a cursor names the
 * partition beside the last file shown.
 */
async function listIds(table: Table, scope: Scope, page: PageOf): Promise<Page<{ id: string }>> {
  if (scope.kind !== 'app') return await listPartition(table, scope, undefined, page);
  const partitions = partsOf(scope.appId).map(({ slice }) => slice);
  const [at, after] = placeOf(page.cursor);
  const items: { id: string }[] = [];
  for (let index = at; index < partitions.length; index += 1) {
    const limit = page.limit - items.length;
    const cursor = index === at ? after : undefined;
    const found = await listPartition(table, scope, partitions[index], { limit, cursor });
    items.push(...found.items);
    if (found.cursor !== undefined) return { items, cursor: `${index}:${found.cursor}` };
    if (items.length === page.limit && index + 1 < partitions.length) return { items, cursor: `${index + 1}:` };
  }
  return { items };
}

/** A bare id is a cursor of the time before slices, when an app's files lay in the first of the partitions. */
function placeOf(cursor: string | undefined): [number, string | undefined] {
  if (cursor === undefined || !cursor.includes(':')) return [0, cursor];
  const [index = '', after] = cursor.split(':');
  if (!/^\d{1,3}$/.test(index)) throw unknownCursor();
  return [Number(index), after === '' ? undefined : after];
}

async function listPartition<T extends { id: string }>(
  table: Table,
  scope: Scope,
  slice: number | undefined,
  page: PageOf,
): Promise<Page<T>> {
  const { IndexName, pk, value } = scopeIndex(scope, slice);
  const query = {
    IndexName,
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': pk },
    ExpressionAttributeValues: { ':pk': value },
  };
  return await queryPage<T>(table, query, { pk, value }, page);
}
