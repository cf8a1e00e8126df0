import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { AppError } from '#core/files/errors.ts';
import { backOff } from './back-off.ts';
import type { Table } from './client.ts';

/** Attempts before giving up on conflicts; with the pauses about eight seconds of patience, unless the caller has less. */
const maxAttempts = 36;
const pauses = { baseMs: 10, longestMs: 500 };

/** Another writer was at the item. The SDK does not try these again. */
const conflicts = new Set(['TransactionConflictException', 'ReplicatedWriteConflictException']);

/** Reasons of a cancelled transaction that say "not now" rather than "no". */
const passingReasons = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Sends until no other writer is in the way, with random pauses (full jitter). Two transactions that touch one counter
 * at the same moment make DynamoDB cancel one with `TransactionConflict`; a single write that meets a transaction is
 * refused with `TransactionConflictException`. Neither says that anything is wrong. Throws `temporarily_unavailable`
 * when the conflicts do not end within 36 attempts or the caller's time, and every other error as it is.
 * Source: Amazon DynamoDB Developer Guide, "Transaction conflict handling in DynamoDB".
 */
export async function retryConflicts<T>(
  send: () => Promise<T>,
  table: Pick<Table, 'remainingMs' | 'wait'> & { onConflict?: (() => void) | undefined },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isConflict(error)) throw error;
      table.onConflict?.();
      if (attempt >= maxAttempts || !(await backOff(attempt, pauses, table))) {
        throw new AppError('temporarily_unavailable', 'Many writes touch the same item right now. Try again shortly.', {
          cause: error,
          retryAfterSeconds: 1,
        });
      }
    }
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return error instanceof Error && conflicts.has(error.name);
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code ?? 'None').filter((code) => code !== 'None');
  // What is refused for good beside a conflict decides: trying again could only find the same or a newer answer.
  return codes.length > 0 && codes.every((code) => passingReasons.has(code));
}
