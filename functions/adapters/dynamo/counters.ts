import { type CounterRef, countersOf, type FileRecord, type Usage } from '#core/files/record.ts';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';
import { counterKey } from './keys.ts';
import type { TransactItem } from './transaction.ts';

interface Change {
  counter: CounterRef;
  bytes: number;
  files: number;
}

type Item = Record<string, unknown>;

/**
 * Where an item keeps a counter. A session's item has one for each app, so that one app neither fills nor sees another's,
 * and a deleted session is closed for all of them by one write.
 */
export function attributesOf(counter: CounterRef): { used: string; files: string } {
  if (counter.kind !== 'session') return { used: 'usedBytes', files: 'fileCount' };
  return { used: `usedBytes#${counter.appId}`, files: `fileCount#${counter.appId}` };
}

/** What a counter's item says of it; zeros where it says nothing. */
export function usageIn(counter: CounterRef, item: Item | undefined): Usage {
  const { used, files } = attributesOf(counter);
  return { usedBytes: Number(item?.[used] ?? 0), fileCount: Number(item?.[files] ?? 0) };
}

/** The counters that an item with the sort key COUNTER is, by its partition key; none for kinds that are no quota. */
export function countersIn(item: Item): CounterRef[] {
  const [kind, first = '', second = '', third] = String(item.pk).split('#');
  switch (kind) {
    case 'APP':
      return [{ kind: 'app', appId: first, ...(third !== undefined && { slice: Number(third) }) }];
    case 'STAGED':
      return [{ kind: 'staged', appId: first, userId: second }];
    case 'SESSION':
      return Object.keys(item)
        .filter((name) => name.startsWith('usedBytes#'))
        .map((name) => ({ kind: 'session', appId: name.slice('usedBytes#'.length), sessionId: first }));
    default:
      return [];
  }
}

/**
 * How counters change when files go from one state to another: counters hold `pending` and `ready` files only. One
 * change a counter, however many files.
 */
export function counterChanges(moves: { from: FileRecord | undefined; to: FileRecord | undefined }[]): Change[] {
  const changes = new Map<string, Change>();
  const add = (file: FileRecord | undefined, sign: 1 | -1) => {
    if (file === undefined || file.state === 'deleting') return;
    for (const counter of countersOf(file)) {
      const id = JSON.stringify([counterKey(counter), attributesOf(counter)]);
      const change = changes.get(id) ?? { counter, bytes: 0, files: 0 };
      change.bytes += sign * file.sizeBytes;
      change.files += sign;
      changes.set(id, change);
    }
  };
  for (const { from, to } of moves) {
    add(from, -1);
    add(to, 1);
  }
  return [...changes.values()].filter(({ bytes, files }) => bytes !== 0 || files !== 0);
}

/**
 * Counters' part of a transaction, without conditions. `at` (ISO 8601) is left as `movedAt`: reconcile judges no counter
 * that moved a moment ago, since the index it sums by may not show that yet. A transaction may name an item once, so
 * what several apps have in one session moves together.
 */
export function counterItems(TableName: string, changes: Change[], at: string): TransactItem[] {
  const byItem = Map.groupBy(changes, ({ counter }) => counterKey(counter).pk);
  return [...byItem.values()].map((together) => {
    const [first] = together as [Change, ...Change[]];
    const parts = together.map((change, index) => updateOf(change, index));
    return {
      Update: {
        TableName,
        Key: counterKey(first.counter),
        UpdateExpression: `SET movedAt = :at ADD ${parts.map(({ add }) => add).join(', ')}`,
        ExpressionAttributeNames: Object.assign({}, ...parts.map(({ names }) => names)),
        ExpressionAttributeValues: Object.assign({ ':at': at }, ...parts.map(({ values }) => values)),
      },
    };
  });
}

function updateOf({ counter, bytes, files }: Change, index = 0) {
  const attributes = attributesOf(counter);
  const add = [`#used${index} :bytes${index}`, `#files${index} :files${index}`];
  // What a slice has free is kept beside what it counts, since a condition cannot subtract.
  if (counter.kind === 'app') add.push(`freeBytes :free${index}`);
  return {
    add: add.join(', '),
    names: { [`#used${index}`]: attributes.used, [`#files${index}`]: attributes.files },
    values: {
      [`:bytes${index}`]: bytes,
      [`:files${index}`]: files,
      ...(counter.kind === 'app' && { [`:free${index}`]: -bytes }),
    },
  };
}

/**
 * A single counter's part with its limit: refused where the sum would pass it, and where the counter is closed because
 * its session is deleted. Of an app it is {@link sliceItem}.
 */
export function limitedItem(TableName: string, change: Change, at: string, limit: CounterLimit): TransactItem {
  const { add, names, values } = updateOf(change);
  // A condition cannot add, so the sum is moved to the other side (DynamoDB developer guide, "Condition expressions").
  const room = limit.limitBytes - change.bytes;
  const inFiles = limit.limitFiles !== undefined && change.files > 0;
  const within = inFiles ? '#used0 <= :room AND #files0 <= :places' : '#used0 <= :room';
  // A counter that counted nothing yet has no number to compare: what is more than the whole limit must not slip in there.
  const fits = room < 0 ? within : `(attribute_not_exists(#used0) OR (${within}))`;
  // What was counted for all apps of a session together is given to one of them first (see `takeOverFormer`).
  const former = change.counter.kind === 'session' ? ' AND attribute_not_exists(usedBytes)' : '';
  return {
    Update: {
      TableName,
      Key: counterKey(change.counter),
      UpdateExpression: `SET movedAt = :at ADD ${add}`,
      ConditionExpression: `attribute_not_exists(closedAt)${former} AND ${fits}`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: {
        ...values,
        ':at': at,
        ':room': room,
        ...(inFiles && { ':places': (limit.limitFiles ?? 0) - change.files }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}

/** What a counter's refusal tells, by the item it was refused for. */
export function overLimitOf(limit: CounterLimit, old: Item | undefined): OverLimit {
  const { usedBytes, fileCount } = usageIn(limit.counter, old);
  return { outcome: 'over_limit', ...limit, usedBytes, usedFiles: fileCount };
}
