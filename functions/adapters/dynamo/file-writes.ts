import type { CounterRef, FileRecord, IncomingMarker } from '#core/file-record.ts';
import { countersOf, markerOf } from '#core/file-record.ts';
import type { CounterLimit, IdempotencyClaim } from '#core/stores.ts';
import { toItem } from './file-item.ts';
import { counterKey, dueIncomingPk, dueShardOf, idempotencyKey, incomingKey, ticketKey } from './keys.ts';
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

  /** Raises a counter within its limit; `files` is 0 when a record that is counted already grows. */
  const raise = ({ counter, limitBytes }: CounterLimit, sizeBytes: number, files = 1): TransactItem => ({
    Update: {
      TableName,
      Key: counterKey(counter),
      UpdateExpression: 'ADD usedBytes :size, fileCount :files',
      // A condition cannot add, so the sum is moved to the other side (platform facts, section B).
      ConditionExpression: 'attribute_not_exists(usedBytes) OR usedBytes <= :room',
      ExpressionAttributeValues: { ':size': sizeBytes, ':files': files, ':room': limitBytes - sizeBytes },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  });

  const lower = (counter: CounterRef, sizeBytes: number, files = 1): TransactItem => ({
    Update: {
      TableName,
      Key: counterKey(counter),
      UpdateExpression: 'ADD usedBytes :size, fileCount :files',
      ExpressionAttributeValues: { ':size': -sizeBytes, ':files': -files },
    },
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

  const leaveMarker = (file: FileRecord, at: string): TransactItem[] => {
    const marker = markerOf(file, new Date(at));
    return marker === undefined ? [] : [putMarker(marker)];
  };

  return {
    replace,
    raise,

    /** Everything a new record comes with, its counters in the order of `limits` right after it. */
    reserve(file: FileRecord, limits: CounterLimit[], idempotency?: IdempotencyClaim): TransactItem[] {
      return [
        { Put: { TableName, Item: toItem(file), ConditionExpression: 'attribute_not_exists(pk)' } },
        ...limits.map((limit) => raise(limit, file.sizeBytes)),
        ...(file.expiresAt === undefined ? [] : [putTicket(file.id, file.expiresAt)]),
        ...(idempotency === undefined ? [] : [putIdempotency(TableName, idempotency, file)]),
      ];
    },

    /**
     * `pending -> ready` of a direct upload (see `FileStore.settle`): the record first, then the counters in the order
     * of `limits`. For transactions that write something of their own beside it.
     */
    settle(file: FileRecord, next: FileRecord, limits: CounterLimit[]): TransactItem[] {
      const more = next.sizeBytes - file.sizeBytes;
      return [
        { Put: replace(file, next) },
        ...(more > 0 ? limits.map((limit) => raise(limit, more, 0)) : []),
        ...(more < 0 ? countersOf(file).map((counter) => lower(counter, -more, 0)) : []),
        next.expiresAt === undefined
          ? { Delete: { TableName, Key: ticketKey(file.id) } }
          : putTicket(file.id, next.expiresAt),
        ...leaveMarker(file, next.updatedAt),
      ];
    },

    /** `-> deleting`: the record first, then what it held. */
    release(file: FileRecord, next: FileRecord, idempotencyId?: string): TransactItem[] {
      return [
        { Put: replace(file, next) },
        ...countersOf(file).map((counter) => lower(counter, file.sizeBytes)),
        ...(file.expiresAt === undefined ? [] : [{ Delete: { TableName, Key: ticketKey(file.id) } }]),
        ...(idempotencyId === undefined ? [] : [{ Delete: { TableName, Key: idempotencyKey(idempotencyId) } }]),
        ...leaveMarker(file, next.updatedAt),
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
