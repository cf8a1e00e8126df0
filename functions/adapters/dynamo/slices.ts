import type { CounterRef, Usage } from '#core/files/record.ts';
import { shareOf, sliceCount } from '#core/files/slices.ts';
import type { CounterLimit } from '#core/files/store.ts';
import { getByKey } from './batch-get.ts';
import type { Table } from './client.ts';
import { counterKey } from './keys.ts';
import type { TransactItem } from './transaction.ts';

/**
 * One part of an app's counter. What it may hold is its share of the limit, changed by what slices lend each other; what
 * is free of it may be below nothing for a while, after the limit was lowered. Of the counter that an app had before
 * slices the share is what it was lent to cover its files.
 */
export interface Slice extends Usage {
  /** None of the former counter. */
  slice: number | undefined;
  shareBytes: number;
  /** `shareBytes` less `usedBytes`. */
  freeBytes: number;
  /** The limit its share is of; none where it has no share yet. */
  limit: { bytes: number; revision: number } | undefined;
  /** Nothing is counted until all slices are known to be at their shares of one limit, with no debt among them. */
  tight: boolean;
  closed: boolean;
  /** Whether it has an item at all. */
  isWritten: boolean;
}

/** Room that a slice is lent by others, in the transaction that needs it. */
export interface Loan {
  bytes: number;
  lenders: { slice: number | undefined; bytes: number }[];
}

export const noLoan: Loan = { bytes: 0, lenders: [] };

/** Counters of an app: its slices and the one it had before there were slices, which comes first. */
export const partsOf = (appId: string): (CounterRef & { kind: 'app' })[] => [
  { kind: 'app', appId },
  ...Array.from({ length: sliceCount }, (_, slice) => ({ kind: 'app' as const, appId, slice })),
];

/** Everything an app's counter is made of, strongly consistent, in one batch read; zeros for what was never written. */
export async function readSlices(table: Table, appId: string): Promise<Slice[]> {
  const parts = partsOf(appId);
  const item = await getByKey(table, parts.map(counterKey));
  return parts.map((counter) => sliceIn(counter.slice, item(counterKey(counter))));
}

function sliceIn(slice: number | undefined, item: Record<string, unknown> | undefined): Slice {
  const {
    usedBytes = 0,
    fileCount = 0,
    shareBytes = 0,
    freeBytes = 0,
    limitBytes,
    limitRevision,
    ...marks
  } = item ?? {};
  return {
    slice,
    usedBytes: Number(usedBytes),
    fileCount: Number(fileCount),
    shareBytes: Number(shareBytes),
    freeBytes: Number(freeBytes),
    limit: limitBytes === undefined ? undefined : { bytes: Number(limitBytes), revision: Number(limitRevision) },
    tight: marks.tight === true,
    closed: marks.closedAt !== undefined,
    isWritten: item !== undefined,
  };
}

/** The former counter has no share. */
export const shareIn = (slice: number | undefined, limitBytes: number): number =>
  slice === undefined ? 0 : shareOf(limitBytes, slice);

/** What an app uses. */
export function sumOf(slices: Usage[]): Usage {
  const add = (name: keyof Usage) => slices.reduce((sum, slice) => sum + slice[name], 0);
  return { usedBytes: add('usedBytes'), fileCount: add('fileCount') };
}

/**
 * An app's part of a transaction that counts `bytes` more in one slice, with what that is lent: refused where it has not
 * so much room, where it is closed because the app is deleted, and where it does not stand at the limit the caller goes
 * by or a newer one.
 */
export function sliceItem(
  TableName: string,
  { bytes, files, at, loan }: { bytes: number; files: number; at: string; loan: Loan },
  { counter, limitBytes, revision = 0 }: CounterLimit,
): TransactItem {
  return {
    Update: {
      TableName,
      Key: counterKey(counter),
      UpdateExpression: 'SET movedAt = :at ADD usedBytes :bytes, fileCount :files, freeBytes :change, shareBytes :lent',
      ConditionExpression:
        'attribute_not_exists(closedAt) AND attribute_not_exists(tight) AND freeBytes >= :needed AND ' +
        '(limitRevision > :revision OR (limitRevision = :revision AND limitBytes = :limit))',
      ExpressionAttributeValues: {
        ':at': at,
        ':bytes': bytes,
        ':files': files,
        ':change': loan.bytes - bytes,
        ':lent': loan.bytes,
        ':needed': bytes - loan.bytes,
        ':revision': revision,
        ':limit': limitBytes,
      },
    },
  };
}

/** What lenders give, each only what it still has. */
export function lenderItems(TableName: string, appId: string, { lenders }: Loan): TransactItem[] {
  return lenders.map(({ slice, bytes }) => ({
    Update: {
      TableName,
      Key: counterKey({ kind: 'app', appId, slice }),
      UpdateExpression: 'ADD shareBytes :less, freeBytes :less',
      ConditionExpression: 'freeBytes >= :bytes',
      ExpressionAttributeValues: { ':bytes': bytes, ':less': -bytes },
    },
  }));
}

/**
 * The first write of slices, whole or not at all: from then on each of them has a share. The counter an app had before
 * has none, so that its files are a debt, which the slices have to cover before anything more is counted. `unwritten` are
 * all parts, or those that were lost since, as they are.
 */
export function firstSlices(
  TableName: string,
  { appId, limitBytes, revision, at }: { appId: string; limitBytes: number; revision: number; at: string },
  unwritten: Slice[],
): TransactItem[] {
  const free = ({ slice, usedBytes }: Slice) => shareIn(slice, limitBytes) - usedBytes;
  const tight = unwritten.length <= sliceCount || unwritten.some((one) => free(one) < 0);
  const valuesOf = (one: Slice) => ({
    usedBytes: one.usedBytes,
    fileCount: one.fileCount,
    shareBytes: shareIn(one.slice, limitBytes),
    freeBytes: free(one),
    limitBytes,
    limitRevision: revision,
    ...(tight && { tight: true }),
  });
  return unwritten.map((one) => {
    const Key = counterKey({ kind: 'app', appId, slice: one.slice });
    const values = valuesOf(one);
    if (!one.isWritten) {
      const Item = { ...Key, ...values, movedAt: at };
      return { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } };
    }
    const names = Object.keys(values);
    return {
      Update: {
        TableName,
        Key,
        UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}, movedAt = if_not_exists(movedAt, :at)`,
        ConditionExpression:
          'attribute_not_exists(limitBytes) AND attribute_not_exists(closedAt) AND ' +
          (one.usedBytes === 0
            ? '(attribute_not_exists(usedBytes) OR usedBytes = :usedBytes)'
            : 'usedBytes = :usedBytes'),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
          ':at': at,
        },
      },
    };
  });
}

/** Exactly so much, from the richest first. Undefined when they do not have it. */
export function borrow(bytes: number, slices: Slice[]): Loan | undefined {
  const lenders: Loan['lenders'] = [];
  let left = bytes;
  for (const { slice, freeBytes } of [...slices].sort((a, b) => b.freeBytes - a.freeBytes)) {
    if (left === 0 || freeBytes <= 0) break;
    const given = Math.min(left, freeBytes);
    lenders.push({ slice, bytes: given });
    left -= given;
  }
  return left > 0 ? undefined : { bytes, lenders };
}
