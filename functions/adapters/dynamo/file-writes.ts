import { type IncomingMarker, markerOf } from '#core/files/incoming-marker.ts';
import { type FileRecord, holderOf, retainedUntil, stuckAfterMs } from '#core/files/record.ts';
import type { CounterLimit, IdempotencyClaim } from '#core/files/store.ts';
import { counterChanges, counterItems, limitedItem } from './counters.ts';
import { toItem } from './file-item.ts';
import { rememberItem } from './idempotency.ts';
import { dueIncomingPk, dueShardOf, holderKey, idempotencyKey, incomingKey, ticketKey } from './keys.ts';
import { isSliceLimit } from './slice-room.ts';
import { type Loan, lenderItems, noLoan, sliceItem } from './slices.ts';
import type { TransactItem } from './transaction.ts';
import { rankUpdates } from './upload-rank.ts';

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

  /** The alarm of a record that expires, epoch milliseconds. */
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

  /** Counters that grow, in the order of their limits. */
  const grow = (limits: CounterLimit[], bytes: number, files: number, at: string, loan: Loan): TransactItem[] =>
    limits.map((limit) =>
      isSliceLimit(limit)
        ? sliceItem(TableName, { bytes, files, at, loan }, limit)
        : limitedItem(TableName, { counter: limit.counter, bytes, files }, at, limit),
    );

  /** What is lent comes last in a transaction, however many lend. */
  const lend = (limits: CounterLimit[], loan: Loan): TransactItem[] =>
    limits.filter(isSliceLimit).flatMap(({ counter }) => lenderItems(TableName, counter.appId, loan));

  return {
    replace,
    released,

    /** The alarm of a record that expires, epoch milliseconds. */
    putTicket,

    /** The alarm goes with the expiry it is of. */
    dropTicket: (fileId: string): TransactItem => ({ Delete: { TableName, Key: ticketKey(fileId) } }),

    /** `pending -> ready` of a form upload that is counted in lists; of any other the record alone is enough. */
    list(file: FileRecord, next: FileRecord): TransactItem[] {
      return [{ Put: replace(file, next) }, ...rankUpdates(TableName, [{ file: next, by: 1 }])];
    },

    /** Everything a new record comes with, its counters in the order of `limits` right after it. */
    reserve(
      file: FileRecord,
      limits: CounterLimit[],
      { idempotency, loan }: { idempotency?: IdempotencyClaim | undefined; loan: Loan },
    ): TransactItem[] {
      return [
        {
          Put: {
            TableName,
            Item: toItem(withKey(file, idempotency)),
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        ...grow(limits, file.sizeBytes, 1, file.createdAt, loan),
        ...holderCheck(TableName, file),
        ...(file.expiresAt === undefined ? [] : [putTicket(file.id, file.expiresAt)]),
        ...(idempotency === undefined ? [] : [rememberItem(TableName, idempotency, file)]),
        ...lend(limits, loan),
      ];
    },

    /**
     * `pending -> ready` of a direct upload (see `FileStore.settle`): the record first, then the counters in the order
     * of `limits`. For transactions that write something of their own beside it.
     */
    settle(file: FileRecord, next: FileRecord, limits: CounterLimit[], loan: Loan = noLoan): TransactItem[] {
      const bytes = next.sizeBytes - file.sizeBytes;
      return [
        { Put: replace(file, next) },
        ...(bytes > 0
          ? grow(limits, bytes, 0, next.updatedAt, loan)
          : counterItems(TableName, counterChanges([{ from: file, to: next }]), next.updatedAt)),
        next.expiresAt === undefined
          ? { Delete: { TableName, Key: ticketKey(file.id) } }
          : putTicket(file.id, next.expiresAt),
        ...leaveMarker(file, next.updatedAt),
        ...rankUpdates(TableName, [{ file: next, by: 1 }]),
        ...lend(limits, loan),
      ];
    },

    /** `-> deleting` of one record or of several at once: the records first, then what they held. */
    release(files: FileRecord[], now: Date): TransactItem[] {
      const moves = files.map((from) => ({ from, to: released(from, now) }));
      const expiring = files.filter(({ expiresAt }) => expiresAt !== undefined);
      return [
        ...moves.map(({ from, to }) => ({ Put: replace(from, to) })),
        ...counterItems(TableName, counterChanges(moves), now.toISOString()),
        ...expiring.map(({ id }) => ({ Delete: { TableName, Key: ticketKey(id) } })),
        ...files.flatMap((file) => freeIdempotency(TableName, file)),
        ...moves.flatMap(({ from, to }) => leaveMarker(from, to.updatedAt)),
        ...rankUpdates(
          TableName,
          files.map((file) => ({ file, by: -1 })),
        ),
      ];
    },
  };
}

function released<F extends FileRecord>(file: F, now: Date): F {
  // Callers refuse earlier and with reasons; this is the last door a file under retention would have to pass.
  if (retainedUntil(file, now) !== undefined) throw new Error(`File ${file.id} must be kept`);
  return {
    ...file,
    state: 'deleting',
    rev: file.rev + 1,
    updatedAt: now.toISOString(),
    dueAt: now.getTime() + stuckAfterMs,
  };
}

/** Nothing may be stored under a lock or template that is deleted: its clean-up would miss it. */
function holderCheck(TableName: string, file: FileRecord): TransactItem[] {
  const holder = file.scope === 'extension' ? holderOf(file) : undefined;
  if (holder === undefined) return [];
  const Key = holderKey(holder);
  return [{ ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(deletedAt)' } }];
}

/** Only of a form upload: whoever repeats a presign is offered the same upload for as long as it can be completed. */
const withKey = (file: FileRecord, idempotency: IdempotencyClaim | undefined): FileRecord =>
  idempotency === undefined || file.incoming !== undefined ? file : { ...file, idempotencyId: idempotency.id };

/** Nothing was stored with the key, so whoever comes again with it stores it now. */
function freeIdempotency(TableName: string, { state, idempotencyId }: FileRecord): TransactItem[] {
  if (state !== 'pending' || idempotencyId === undefined) return [];
  return [{ Delete: { TableName, Key: idempotencyKey(idempotencyId) } }];
}
