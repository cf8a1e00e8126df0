import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CounterRef } from '#core/files/record.ts';
import type { CounterLimit } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { counterKey } from './keys.ts';
import { borrow, firstSlices, lenderItems, partsOf, type Slice, shareIn } from './slices.ts';
import { isNamed, transact } from './transaction.ts';

/** An app's limit, and the slice of it that is to count. */
export interface SliceLimit extends CounterLimit {
  counter: CounterRef & { kind: 'app' };
}

/** The limit that slices are to stand at. */
export type Target = SliceLimit & { revision: number };

/** Slices written at the same time. */
const parallel = 16;

/**
 * One thing that is not as it should be, put right, in the caller's `turn`. True when there was one, and what was read is
 * no longer so.
 */
export async function putRight(table: Table, limit: Target, slices: Slice[], turn: number): Promise<boolean> {
  const { appId } = limit.counter;
  const unwritten = slices.filter((one) => one.limit === undefined);
  if (unwritten.length > 0) {
    if (turn < patientTurns && !(await isFirst(table, appId))) {
      await table.wait(Math.random() * firstWriteMs);
      return true;
    }
    const at = new Date().toISOString();
    // The mark that we are first lies in the former counter's item.
    const marked = unwritten.map((one) => (one.slice === undefined ? { ...one, isWritten: true } : one));
    await transact(table, firstSlices(table.name, { ...limit, appId, at }, marked));
    return true;
  }
  const former = slices.find(({ slice }) => slice === undefined);
  if (former !== undefined && former.freeBytes !== former.shareBytes - former.usedBytes) {
    await recount(table, appId, former);
    return true;
  }
  const behind = slices.filter((one) => one.limit?.bytes !== limit.limitBytes || one.limit.revision !== limit.revision);
  if (behind.length > 0) {
    await all(behind, (part) => moveTo(table, limit, part));
    return true;
  }
  const debtors = slices.filter(({ freeBytes }) => freeBytes < 0);
  if (debtors.length > 0) {
    let covered = false;
    for (const debtor of debtors) covered = (await cover(table, appId, debtor, slices)) || covered;
    return covered;
  }
  const tight = slices.filter((one) => one.tight);
  await all(tight, (one) => loosen(table, limit, one));
  return tight.length > 0;
}

/** Whoever began with the slices may have been killed: after so many looks another does it. */
const patientTurns = 10;

/** Between two looks, at most: the first write of all slices is some hundred items, and many may be waiting for it. */
const firstWriteMs = 300;

/** An app's first uploads may all come at once, and one of them is enough to write its slices. */
async function isFirst(table: Table, appId: string): Promise<boolean> {
  return await writeIf(
    table,
    { kind: 'app', appId },
    {
      UpdateExpression: 'SET prepared = :true',
      ConditionExpression: 'attribute_not_exists(prepared)',
      ExpressionAttributeValues: { ':true': true },
    },
  );
}

/**
 * A slice's share becomes that of the limit. A lower one takes away what others may have lent or used already, so
 * nothing is counted until it is known that no slice owes anything.
 */
async function moveTo(table: Table, limit: Target, { slice, limit: was }: Slice): Promise<void> {
  if (was === undefined) return;
  const change = shareIn(slice, limit.limitBytes) - shareIn(slice, was.bytes);
  await writeIf(
    table,
    { kind: 'app', appId: limit.counter.appId, slice },
    {
      UpdateExpression: `SET limitBytes = :limit, limitRevision = :revision${change < 0 ? ', tight = :true' : ''} ADD shareBytes :change, freeBytes :change`,
      ConditionExpression: 'limitBytes = :wasLimit AND limitRevision = :wasRevision',
      ExpressionAttributeValues: {
        ':limit': limit.limitBytes,
        ':revision': limit.revision,
        ':change': change,
        ':wasLimit': was.bytes,
        ':wasRevision': was.revision,
        ...(change < 0 && { ':true': true }),
      },
    },
  );
}

/** Functions of the time before slices, for the minute in which they still run, count in the former counter only. */
async function recount(table: Table, appId: string, { usedBytes, shareBytes, freeBytes }: Slice): Promise<void> {
  await writeIf(
    table,
    { kind: 'app', appId },
    {
      UpdateExpression: 'SET freeBytes = :free',
      ConditionExpression: 'usedBytes = :used AND shareBytes = :share AND freeBytes = :was',
      ExpressionAttributeValues: {
        ':free': shareBytes - usedBytes,
        ':used': usedBytes,
        ':share': shareBytes,
        ':was': freeBytes,
      },
    },
  );
}

/**
 * What a slice owes is given by those that have it, as long as what was read still holds; else the next turn does it.
 * False when they do not have it: more is stored than the limit allows now.
 */
async function cover(table: Table, appId: string, debtor: Slice, slices: Slice[]): Promise<boolean> {
  const loan = borrow(-debtor.freeBytes, slices);
  if (loan === undefined) return false;
  await transact(table, [
    {
      Update: {
        TableName: table.name,
        Key: counterKey({ kind: 'app', appId, slice: debtor.slice }),
        UpdateExpression: 'ADD shareBytes :bytes, freeBytes :bytes',
        ConditionExpression: 'freeBytes = :owed',
        ExpressionAttributeValues: { ':bytes': loan.bytes, ':owed': debtor.freeBytes },
      },
    },
    ...lenderItems(table.name, appId, loan),
  ]);
  for (const { slice, bytes } of loan.lenders) {
    const lender = slices.find((one) => one.slice === slice);
    if (lender !== undefined) lender.freeBytes -= bytes;
  }
  return true;
}

async function loosen(table: Table, limit: Target, { slice }: Slice): Promise<void> {
  await writeIf(
    table,
    { kind: 'app', appId: limit.counter.appId, slice },
    {
      UpdateExpression: 'REMOVE tight',
      ConditionExpression: 'limitBytes = :limit AND limitRevision = :revision',
      ExpressionAttributeValues: { ':limit': limit.limitBytes, ':revision': limit.revision },
    },
  );
}

/** Nothing is counted in an app's slices until they have been looked at: one of them may owe something since just now. */
export async function tighten(table: Table, appId: string): Promise<void> {
  await all(partsOf(appId).slice(1), (counter) =>
    writeIf(table, counter, {
      UpdateExpression: 'SET tight = :true',
      ConditionExpression: 'attribute_exists(limitBytes)',
      ExpressionAttributeValues: { ':true': true },
    }),
  );
}

/** Closes an app's counter for good, slices that were never written too. */
export async function closeSlices(table: Table, appId: string, now: Date): Promise<void> {
  await all(partsOf(appId), (counter) =>
    writeIf(table, counter, {
      UpdateExpression: 'SET closedAt = if_not_exists(closedAt, :now)',
      ExpressionAttributeValues: { ':now': now.toISOString() },
    }),
  );
}

async function all<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  // In an order of its own, since others may be at the same work.
  const queue = items.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at);
  for (let start = 0; start < queue.length; start += parallel) {
    await Promise.all(queue.slice(start, start + parallel).map(({ item }) => work(item)));
  }
}

/** Writes unless somebody else did so meanwhile; false then. */
async function writeIf(
  table: Table,
  counter: CounterRef,
  update: Pick<
    ConstructorParameters<typeof UpdateCommand>[0],
    'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
  >,
): Promise<boolean> {
  try {
    await table.documents.send(new UpdateCommand({ TableName: table.name, Key: counterKey(counter), ...update }));
    return true;
  } catch (error) {
    if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
    return false;
  }
}
