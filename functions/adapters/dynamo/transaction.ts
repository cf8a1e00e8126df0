import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { AppError } from '#core/files/errors.ts';
import type { Table } from './client.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What an item said: `failed` carries the old item where it was asked for. */
export type ItemOutcome = { failed: false } | { failed: true; old: Record<string, unknown> | undefined };

/** Attempts before giving up on conflicts; with the pauses below about four seconds of patience. */
const maxAttempts = 12;

/**
 * Writes all items or none. Returns undefined when written, else what each item's condition said, in order.
 *
 * Two transactions that touch one counter at the same moment make DynamoDB cancel one with `TransactionConflict`:
 * nothing is wrong, so it is tried again after a random pause (full jitter) and never becomes a quota error.
 * Throws `temporarily_unavailable` when the conflicts do not end.
 * Source: Amazon DynamoDB Developer Guide, "Transaction conflict handling".
 */
export async function transact(table: Table, items: TransactItem[]): Promise<ItemOutcome[] | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await table.documents.send(new TransactWriteCommand({ TransactItems: items }));
      return undefined;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome !== 'conflict') return outcome;
      if (attempt >= maxAttempts) {
        throw new AppError(
          'temporarily_unavailable',
          'Many writes touch the same quota right now. Try again shortly.',
          {
            cause: error,
            retryAfterSeconds: 1,
          },
        );
      }
      await pause(Math.random() * Math.min(500, 10 * 2 ** attempt));
    }
  }
}

/** Codes that say "not now" rather than "no". */
const conflictCodes = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

function outcomeOf(error: unknown): ItemOutcome[] | 'conflict' {
  if (isNamed(error, 'TransactionInProgressException')) return 'conflict';
  if (!(error instanceof TransactionCanceledException)) throw error;
  const reasons = error.CancellationReasons ?? [];
  // A failed condition decides even beside a conflict: trying again could only find the same or a newer answer.
  if (reasons.some((reason) => reason.Code === 'ConditionalCheckFailed')) {
    return reasons.map((reason) =>
      reason.Code === 'ConditionalCheckFailed' ? { failed: true, old: unmarshalled(reason.Item) } : { failed: false },
    );
  }
  if (reasons.some((reason) => reason.Code !== undefined && conflictCodes.has(reason.Code))) return 'conflict';
  throw error;
}

/** The document client unmarshalls answers, not the items inside an exception. */
function unmarshalled(item: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (item === undefined) return undefined;
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, scalar(value)]));
}

function scalar(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('N' in value) return Number(value.N);
  if ('S' in value) return value.S;
  if ('BOOL' in value) return value.BOOL;
  return value;
}

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
