import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Table } from './client.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What an item said: `failed` carries the old item where it was asked for. */
export type ItemOutcome = { failed: false } | { failed: true; old: Record<string, unknown> | undefined };

/**
 * Writes all items or none. Returns undefined when written, else what each item's condition said, in order. Throws
 * `temporarily_unavailable` when other writers stay in the way (see `retryConflicts`) or the table stays away.
 *
 * One token names the transaction through all its attempts, so an attempt whose answer was lost is not met by the next
 * one as somebody else's write: DynamoDB answers as it did for the first. It remembers a token for ten minutes after
 * the transaction ended well, far longer than an invocation runs; a cancelled attempt leaves nothing to remember.
 * Source: Amazon DynamoDB API Reference, TransactWriteItems, "ClientRequestToken".
 */
export async function transact(table: Table, items: TransactItem[]): Promise<ItemOutcome[] | undefined> {
  const command = new TransactWriteCommand({ TransactItems: items, ClientRequestToken: crypto.randomUUID() });
  try {
    await table.documents.send(command);
    return undefined;
  } catch (error) {
    return outcomesOf(error);
  }
}

/** Throws the error again when it is no condition that failed. */
function outcomesOf(error: unknown): ItemOutcome[] {
  const reasons = (error instanceof TransactionCanceledException ? error.CancellationReasons : undefined) ?? [];
  if (!reasons.some((reason) => reason.Code === 'ConditionalCheckFailed')) throw error;
  return reasons.map((reason) =>
    // The document client unmarshalls answers, not the items inside an exception.
    reason.Code === 'ConditionalCheckFailed'
      ? { failed: true, old: reason.Item && unmarshall(reason.Item) }
      : { failed: false },
  );
}

export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
