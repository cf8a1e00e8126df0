import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { FileRecord } from '#core/files/record.ts';
import { type ListRef, listsOf } from '#core/uploads/lists.ts';
import type { Table } from './client.ts';
import { rankKey } from './keys.ts';
import type { TransactItem } from './transaction.ts';

/**
 * How many files lie in each stretch of time, so that any position of a list is found by three small reads, however
 * long the list is and whatever was deleted from it.
 *
 * Ids begin with seconds, so a list in id order is a list in time order, and a stretch of time is a stretch of ids.
 * Three levels of items count them: the root has one number for every 12 days, an item of level 1 one for every 34
 * minutes of such 12 days, an item of level 2 one for every 4 seconds of such 34 minutes. The root has the length of
 * the list as well. All of them move in the transaction that puts the file into the list or takes it out. What is left
 * to skip is at most what one owner stored within 4 seconds.
 *
 * A number is an attribute of its own (`w<n>`, n counted within the item), since ADD cannot create what is inside a map.
 */
const secondsOf = [2 ** 20, 2 ** 11, 2 ** 2] as const;
const deepest = secondsOf.length - 1;

/** A file that comes into the lists it is in (1), or goes out of them (-1). */
export interface RankMove {
  file: FileRecord;
  by: 1 | -1;
}

/**
 * What happens to lists when files come and go: three items a list and a stretch, root first. Files of one stretch move
 * it together, since a transaction may name an item once; what comes and goes at once leaves it alone.
 */
export function rankUpdates(TableName: string, moves: RankMove[]): TransactItem[] {
  const items = new Map<string, { key: { pk: string; sk: string }; changes: Map<string, number> }>();
  const add = (key: { pk: string; sk: string }, attribute: string, by: number) => {
    const id = JSON.stringify(key);
    const item = items.get(id) ?? { key, changes: new Map<string, number>() };
    item.changes.set(attribute, (item.changes.get(attribute) ?? 0) + by);
    items.set(id, item);
  };
  for (const { file, by } of moves) {
    for (const list of listsOf(file)) {
      for (const level of secondsOf.keys()) {
        const key = rankKey(list, level, level === 0 ? 0 : stretchOf(file.id, level - 1));
        add(key, childName(stretchOf(file.id, level), level), by);
        if (level === 0) add(key, 'files', by);
      }
    }
  }
  return [...items.values()].flatMap(({ key, changes }) => {
    const moved = [...changes].filter(([, by]) => by !== 0);
    if (moved.length === 0) return [];
    const Update = {
      TableName,
      Key: key,
      UpdateExpression: `ADD ${moved.map((_, index) => `#n${index} :n${index}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(moved.map(([name], index) => [`#n${index}`, name])),
      ExpressionAttributeValues: Object.fromEntries(moved.map(([, by], index) => [`:n${index}`, by])),
    };
    return [{ Update }];
  });
}

/** Which stretch of a level an id lies in, counted from 1970. */
const stretchOf = (id: string, level: number) => Math.floor(Number.parseInt(id.slice(0, 8), 16) / widthOf(level));

const widthOf = (level: number) => secondsOf[level] ?? 1;

const fanOut = (level: number) => (level === 0 ? Number.POSITIVE_INFINITY : widthOf(level - 1) / widthOf(level));

const childName = (stretch: number, level: number) => `w${stretch % fanOut(level)}`;

export interface Rank {
  /** Length of the list. */
  count: number;
  item: Record<string, unknown>;
}

/** The root of a list. One strongly consistent read. */
export async function readRank(table: Table, list: ListRef): Promise<Rank> {
  const item = await read(table, rankKey(list));
  return { count: Number(item.files ?? 0), item };
}

/**
 * Where position `offset` of a list is: after `skip` of the ids below `before`, counted downwards. Two reads. While
 * files come and go between the reads the answer may be off by as many; it never fails.
 */
export async function locate(
  table: Table,
  list: ListRef,
  { rank, offset }: { rank: Rank; offset: number },
): Promise<{ before: string; skip: number }> {
  let { item } = rank;
  let skip = offset;
  let end = Number.POSITIVE_INFINITY;
  for (let level = 0, parent = 0; level <= deepest; level += 1) {
    if (level > 0) item = await read(table, rankKey(list, level, parent));
    const found = childAt(item, level, { parent, skip });
    if (found === undefined) break;
    skip = found.skip;
    parent = found.stretch;
    end = (parent + 1) * widthOf(level);
  }
  return { before: idAt(end), skip };
}

/** The newest child with more files than are left to skip; when all are used up, the oldest, skipped whole. */
function childAt(item: Record<string, unknown>, level: number, { parent, skip }: { parent: number; skip: number }) {
  const children = Object.entries(item)
    .filter(([name, files]) => /^w\d+$/.test(name) && Number(files) > 0)
    .map(([name, files]) => ({ child: Number(name.slice(1)), files: Number(files) }))
    .sort((a, b) => b.child - a.child);
  let left = skip;
  for (const [index, { child, files }] of children.entries()) {
    const stretch = level === 0 ? child : parent * fanOut(level) + child;
    if (left < files) return { stretch, skip: left };
    if (index === children.length - 1) return { stretch, skip: files };
    left -= files;
  }
  return undefined;
}

/** The first id of a second; above every id there is when the second is past what four bytes hold. */
const idAt = (second: number) => (second > 0xffff_ffff ? 'g' : second.toString(16).padStart(8, '0'));

async function read(table: Table, key: { pk: string; sk: string }): Promise<Record<string, unknown>> {
  const { Item = {} } = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  return Item;
}
