import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { IncomingMarker } from '#core/files/incoming-marker.ts';
import type { FileRecord } from '#core/files/record.ts';
import { readied } from '#core/files/settled.ts';
import type { CounterLimit, FileStore, ReserveResult, SettleResult } from '#core/files/store.ts';
import { listsOf } from '#core/uploads/lists.ts';
import { auditItem } from './audit.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { createFileReader } from './file-reader.ts';
import { createFileWrites } from './file-writes.ts';
import { findRemembered } from './idempotency.ts';
import { dueIncomingPk, duePk, fileKey, incomingKey } from './keys.ts';
import { queryDue } from './query.ts';
import { listScope } from './scope-list.ts';
import { type FormerCounter, refusalOf, takeOverFormer } from './session-counter.ts';
import { applyLimit, isSliceLimit, withLoan } from './slice-room.ts';
import type { Loan } from './slices.ts';
import { type ItemOutcome, isNamed, transact } from './transaction.ts';

/** Records and counters in DynamoDB; see `FileStore` for what each step promises. */
export function createFileStore(table: Table): FileStore {
  const TableName = table.name;
  const writes = createFileWrites(TableName);

  /** A step that counts in counters of which one may be in slices, and one as it was before it had an app. */
  async function within<R extends { outcome: string }>(
    file: FileRecord,
    asked: CounterLimit[],
    bytes: number,
    step: (limits: CounterLimit[], loan: Loan) => Promise<R | NotYet>,
  ) {
    const limits = asked.map((limit) => inSliceOf(file, limit));
    return await withLoan(table, limits.find(isSliceLimit), bytes, (loan) =>
      takeOverFormer(table, limits, () => step(limits, loan)),
    );
  }

  const reader = createFileReader(table);

  return {
    ...reader,

    async reserve(file, asked, idempotency) {
      const impossible = asked.find((limit) => limit.limitBytes < file.sizeBytes);
      if (impossible !== undefined) {
        const { usedBytes, fileCount } = await reader.usage(impossible.counter);
        return { outcome: 'over_limit', ...impossible, usedBytes, usedFiles: fileCount };
      }
      return await within<ReserveResult>(file, asked, file.sizeBytes, async (limits, loan) => {
        const outcomes = await transact(table, writes.reserve(file, limits, { idempotency, loan }));
        return outcomes === undefined ? { outcome: 'reserved' } : refusal(outcomes, limits, loan);
      });
    },

    async markReady(file, now) {
      const next = readied(file, now);
      if (listsOf(next).length > 0) {
        return (await transact(table, writes.list(file, next))) === undefined ? next : undefined;
      }
      try {
        await table.documents.send(
          new PutCommand({ ...writes.replace(file, next), ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
        );
        return next;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK tries again when an answer is lost, and then meets its own write.
        return wroteThis(error.Item, next) ? next : undefined;
      }
    },

    async settle(file, next, asked) {
      return await within<SettleResult>(file, asked, next.sizeBytes - file.sizeBytes, async (limits, loan) => {
        const outcomes = await transact(table, writes.settle(file, next, limits, loan));
        if (outcomes === undefined) return { outcome: 'ready' };
        // The record's own condition outranks the counters': what moved it settled or released its quota.
        return outcomes[0]?.failed ? { outcome: 'moved' } : (overLimit(outcomes, limits, loan) ?? { outcome: 'moved' });
      });
    },

    async release(file, now, entry) {
      const audit = entry === undefined ? [] : [auditItem(TableName, entry)];
      return (await transact(table, [...writes.release([file], now), ...audit])) === undefined;
    },

    async releaseAll(files, now) {
      const live = files.filter(({ state }) => state !== 'deleting');
      if (live.length === 0 || (await transact(table, writes.release(live, now))) === undefined) return live;
      // One of them moved since it was listed; the others must not wait for it.
      const done: typeof live = [];
      for (const file of live) if (await this.release(file, now)) done.push(file);
      return done;
    },

    async amend(file, next) {
      return (await transact(table, [{ Put: writes.replace(file, next) }])) === undefined;
    },

    async postpone(fileId, dueAt) {
      try {
        await table.documents.send(
          new UpdateCommand({
            TableName,
            Key: fileKey(fileId),
            UpdateExpression: 'SET dueAt = :due',
            ConditionExpression: '#state = :deleting',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':due': dueAt, ':deleting': 'deleting' },
          }),
        );
      } catch (error) {
        // Somebody else finished the deletion.
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
      }
    },

    async remove(fileId) {
      try {
        await table.documents.send(
          new DeleteCommand({
            TableName,
            Key: fileKey(fileId),
            ConditionExpression: 'attribute_not_exists(pk) OR #state = :deleting',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':deleting': 'deleting' },
          }),
        );
      } catch (error) {
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
        throw new Error(`File ${fileId} is not being deleted, so its record stays`, { cause: error });
      }
    },

    async listByScope(scope, page) {
      return await listScope(table, scope, page);
    },

    async listDue(now, { appId, sessionId, limit }) {
      const app = appId === undefined ? undefined : { attribute: 'appId', value: appId };
      const filter = sessionId === undefined ? app : { attribute: 'sessionId', value: sessionId };
      const due = await queryDue(table, duePk, now, { limit, filter });
      const files = await getFiles(
        table,
        due.map(({ id }) => String(id)),
      );
      // As they are now: what was looked after since is not due any more.
      return files
        .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now.getTime())
        .sort((a, b) => Number(a.dueAt) - Number(b.dueAt));
    },

    async listDueIncoming(now, limit) {
      const items = await queryDue(table, dueIncomingPk, now, { limit });
      return items.map(({ pk: _pk, sk: _sk, duePk: _duePk, ...marker }) => marker as unknown as IncomingMarker);
    },

    async removeIncoming(fileId) {
      await table.documents.send(new DeleteCommand({ TableName, Key: incomingKey(fileId) }));
    },

    async applyLimit(limit) {
      return isSliceLimit(limit) ? await applyLimit(table, limit) : await reader.usage(limit.counter);
    },

    findIdempotent: (id, now) => findRemembered(table, id, now),
  };
}

/** An app's limit is of its whole counter; what counts a file is the slice that its record names. */
function inSliceOf(file: FileRecord, limit: CounterLimit): CounterLimit {
  if (file.scope !== 'extension' || limit.counter.kind !== 'app') return limit;
  return { ...limit, counter: { ...limit.counter, slice: file.slice } };
}

function wroteThis(item: Record<string, AttributeValue> | undefined, next: FileRecord): boolean {
  const { rev, state, updatedAt } = item === undefined ? {} : unmarshall(item);
  return rev === next.rev && state === next.state && updatedAt === next.updatedAt;
}

/**
 * Which condition said no. Order of the items: record, counters, then ticket and idempotency. An id that follows from a
 * name (an export's) is taken by an earlier request for it, whose content its record knows.
 */
function refusal(outcomes: ItemOutcome[], limits: CounterLimit[], loan: Loan): ReserveResult | NotYet {
  for (const outcome of outcomes) {
    if (outcome.failed && typeof outcome.old?.contentHash === 'string') {
      const { fileId, id, contentHash } = outcome.old;
      return { outcome: 'replayed', fileId: String(fileId ?? id), contentHash };
    }
  }
  if (outcomes[0]?.failed) throw new Error('A new file id is already taken');
  // What is left is the holder's condition.
  return overLimit(outcomes, limits, loan) ?? { outcome: 'owner_deleted' };
}

/** Nothing is refused yet: slices may lend, and a session's former counter is to be taken over. */
type NotYet = { outcome: 'slice_full' } | FormerCounter;

/** The first counter that said no. Counters come right after the record, in the order of `limits`; lenders are last. */
function overLimit(outcomes: ItemOutcome[], limits: CounterLimit[], { lenders }: Loan) {
  for (const [index, limit] of limits.entries()) {
    const outcome = outcomes[index + 1];
    if (!outcome?.failed) continue;
    return isSliceLimit(limit) ? ({ outcome: 'slice_full' } as const) : refusalOf(limit, outcome.old);
  }
  const lent = lenders.length === 0 ? [] : outcomes.slice(-lenders.length);
  return lent.some(({ failed }) => failed) ? ({ outcome: 'slice_full' } as const) : undefined;
}
