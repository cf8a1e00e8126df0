import { type CounterRef, countersOf, type FileRecord } from '#core/files/record.ts';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';
import { counterKey } from './keys.ts';
import type { TransactItem } from './transaction.ts';

interface Change {
  counter: CounterRef;
  bytes: number;
  files: number;
}

/**
 * How counters change when files go from one state to another: counters hold `pending` and `ready` files only. One
 * change a counter, however many files: a transaction may name an item once.
 */
export function counterChanges(moves: { from: FileRecord | undefined; to: FileRecord | undefined }[]): Change[] {
  const changes = new Map<string, Change>();
  const add = (file: FileRecord | undefined, sign: 1 | -1) => {
    if (file === undefined || file.state === 'deleting') return;
    for (const counter of countersOf(file)) {
      const id = JSON.stringify(counterKey(counter));
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
 * One counter's part of a transaction. With a limit it is refused where the sum would pass it, and where the counter
 * is closed because its app or session is deleted. `at` (ISO 8601) is left as `movedAt`: reconcile judges no counter that
 * moved a moment ago, since the index it sums by may not show that yet.
 */
export function counterItem(TableName: string, change: Change, at: string, limit?: CounterLimit): TransactItem {
  const values = { ':bytes': change.bytes, ':files': change.files, ':at': at };
  const update = {
    TableName,
    Key: counterKey(change.counter),
    UpdateExpression: 'SET movedAt = :at ADD usedBytes :bytes, fileCount :files',
  };
  if (limit === undefined) return { Update: { ...update, ExpressionAttributeValues: values } };
  // A condition cannot add, so the sum is moved to the other side (DynamoDB developer guide, "Condition expressions").
  const room = limit.limitBytes - change.bytes;
  const inFiles = limit.limitFiles !== undefined && change.files > 0;
  const within = inFiles ? 'usedBytes <= :room AND fileCount <= :places' : 'usedBytes <= :room';
  // A counter that counted nothing yet has no number to compare: what is more than the whole limit must not slip in there.
  const fits = room < 0 ? within : `(attribute_not_exists(usedBytes) OR (${within}))`;
  return {
    Update: {
      ...update,
      ConditionExpression: `attribute_not_exists(closedAt) AND ${fits}`,
      ExpressionAttributeValues: {
        ...values,
        ':room': room,
        ...(inFiles && { ':places': (limit.limitFiles ?? 0) - change.files }),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}

/** What a counter's refusal tells, by the item it was refused for. */
export function overLimitOf(limit: CounterLimit, old: Record<string, unknown> | undefined): OverLimit {
  const { usedBytes = 0, fileCount = 0 } = old ?? {};
  return { outcome: 'over_limit', ...limit, usedBytes: Number(usedBytes), usedFiles: Number(fileCount) };
}
