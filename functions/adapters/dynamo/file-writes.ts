import { type FileRecord, holderOf, type IncomingMarker, markerOf, stuckAfterMs } from '#core/file-record.ts';
import type { CounterLimit, IdempotencyClaim } from '#core/stores.ts';
import { counterChanges, counterItem } from './counters.ts';
import { toItem } from './file-item.ts';
import { dueIncomingPk, dueShardOf, holderKey, idempotencyKey, incomingKey, ticketKey } from './keys.ts';
import type { TransactItem } from './transaction.ts';

/** How long a repeated request is recognised, seconds. */
const idempotencyTtlSeconds = 86_400;

/**
 * The writes that transactions over records are made of, so that every transaction moves counters, tickets and markers
 * the same way, whatever it writes beside the record.
 */
export function createFileWrites(TableName: string) {
  /** The record at a new state, only if it is still at the revision the caller decided on. */
  const replace = (file: FileRecord, next: FileRecord) => ({
    TableName,
    Item: toItem(next),
    ConditionExpression: 'rev = :rev',
    ExpressionAttributeValues: { ':rev': file.rev },
  });

  const putTicket = (fileId: string, expiresAt: number): TransactItem => ({
    Put: { TableName, Item: { ...ticketKey(fileId), ttl: Math.ceil(expiresAt / 1000) } },
  });

  const putMarker = (marker: IncomingMarker): TransactItem => ({
    Put: {
      TableName,
      Item: { ...incomingKey(marker.fileId), ...marker, duePk: dueIncomingPk(dueShardOf(marker.fileId)) },
    },
  });

  const leaveMarker = (file: FileRecord, now: Date): TransactItem[] => {
    const marker = markerOf(file, now);
    return marker === undefined ? [] : [putMarker(marker)];
  };

  /** Refused when what it would live and die with is deleted already. */
  const liveHolder = (file: FileRecord): TransactItem[] => {
    const holder = holderOf(file);
    if (holder === undefined) return [];
    const ConditionExpression = 'attribute_not_exists(deletedAt)';
    return [{ ConditionCheck: { TableName, Key: holderKey(holder), ConditionExpression } }];
  };

  const raise = (limits: CounterLimit[], bytes: number, files: number): TransactItem[] =>
    limits.map((limit) => counterItem(TableName, { counter: limit.counter, bytes, files }, limit));

  return {
    replace,

    /** Everything a new record comes with, its counters in the order of `limits` right after it. */
    reserve(file: FileRecord, limits: CounterLimit[], idempotency?: IdempotencyClaim): TransactItem[] {
      return [
        { Put: { TableName, Item: toItem(file), ConditionExpression: 'attribute_not_exists(pk)' } },
        ...raise(limits, file.sizeBytes, 1),
        ...liveHolder(file),
        ...(file.expiresAt === undefined ? [] : [putTicket(file.id, file.expiresAt)]),
        ...(idempotency === undefined ? [] : [putIdempotency(TableName, idempotency, file)]),
      ];
    },

    /**
     * `pending -> ready` of a direct upload (see `FileStore.settle`): the record first, then its counters, in the order
     * of `limits` when they rise. For transactions that write something of their own beside it.
     */
    settle(file: FileRecord, next: FileRecord, limits: CounterLimit[]): TransactItem[] {
      const more = next.sizeBytes - file.sizeBytes;
      return [
        { Put: replace(file, next) },
        ...(more > 0
          ? raise(limits, more, 0)
          : counterChanges([{ from: file, to: next }]).map((change) => counterItem(TableName, change))),
        next.expiresAt === undefined
          ? { Delete: { TableName, Key: ticketKey(file.id) } }
          : putTicket(file.id, next.expiresAt),
        ...leaveMarker(file, new Date(next.updatedAt)),
      ];
    },

    /** `-> deleting`: the records first, then what they held, their alarms off. At most 20, so that all of it fits. */
    release(files: FileRecord[], now: Date): TransactItem[] {
      const moves = files.map((from) => {
        const dueAt = now.getTime() + stuckAfterMs;
        const to: FileRecord = { ...from, state: 'deleting', rev: from.rev + 1, updatedAt: now.toISOString(), dueAt };
        return { from, to };
      });
      const expiring = files.filter(({ expiresAt }) => expiresAt !== undefined);
      return [
        ...moves.map(({ from, to }) => ({ Put: replace(from, to) })),
        ...counterChanges(moves).map((change) => counterItem(TableName, change)),
        ...expiring.map(({ id }) => ({ Delete: { TableName, Key: ticketKey(id) } })),
        ...files.flatMap((file) => leaveMarker(file, now)),
      ];
    },
  };
}

function putIdempotency(TableName: string, claim: IdempotencyClaim, file: FileRecord): TransactItem {
  const seconds = Math.floor(Date.parse(file.createdAt) / 1000);
  return {
    Put: {
      TableName,
      Item: {
        ...idempotencyKey(claim.id),
        fileId: file.id,
        contentHash: claim.contentHash,
        ttl: seconds + idempotencyTtlSeconds,
      },
      ConditionExpression: 'attribute_not_exists(pk) OR #ttl <= :now',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':now': seconds },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}
