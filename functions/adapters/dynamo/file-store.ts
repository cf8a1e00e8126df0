import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type FileRecord, holderOf, stuckAfterMs, type Usage } from '#core/file-record.ts';
import type { CounterLimit, FileStore, IdempotencyClaim, ReserveResult } from '#core/stores.ts';
import type { Table } from './client.ts';
import { counterChanges, counterItem } from './counters.ts';
import { fromItem, replacement, toItem } from './file-item.ts';
import {
  counterKey,
  duePk,
  dueShards,
  fileKey,
  holderKey,
  idempotencyKey,
  sessionPk,
  stagedPk,
  ticketKey,
} from './keys.ts';
import { queryAll, queryPage } from './query.ts';
import { type ItemOutcome, isNamed, type TransactItem, transact } from './transaction.ts';
import { rankUpdates } from './upload-rank.ts';

/** How long a repeated request is recognised, seconds. */
const idempotencyTtlSeconds = 86_400;

/** Records and counters in DynamoDB; see `FileStore` for what each step promises. */
export function createFileStore(table: Table): FileStore {
  const TableName = table.name;

  const putIdempotency = (claim: IdempotencyClaim, file: FileRecord): TransactItem => {
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
  };

  return {
    async reserve(file, limits, idempotency) {
      const impossible = limits.find((limit) => limit.limitBytes < file.sizeBytes);
      if (impossible !== undefined) {
        const { usedBytes } = await this.usage(impossible.counter);
        return { outcome: 'over_limit', ...impossible, usedBytes };
      }
      const items: TransactItem[] = [
        { Put: { TableName, Item: toItem(file), ConditionExpression: 'attribute_not_exists(pk)' } },
        ...limits.map((limit) =>
          counterItem(TableName, { counter: limit.counter, bytes: file.sizeBytes, files: 1 }, limit),
        ),
      ];
      const holder = file.scope === 'extension' ? holderOf(file) : undefined;
      if (holder !== undefined) {
        items.push({
          ConditionCheck: { TableName, Key: holderKey(holder), ConditionExpression: 'attribute_not_exists(deletedAt)' },
        });
      }
      if (file.expiresAt !== undefined) {
        items.push({ Put: { TableName, Item: { ...ticketKey(file.id), ttl: Math.ceil(file.expiresAt / 1000) } } });
      }
      if (idempotency !== undefined) items.push(putIdempotency(idempotency, file));
      const outcomes = await transact(table, items);
      return outcomes === undefined ? { outcome: 'reserved' } : refusal(outcomes, limits);
    },

    async markReady(file, now) {
      const next = readied(file, now);
      const replace = replacement(TableName, file, next);
      const ranks = rankUpdates(TableName, next, 1);
      if (ranks.length > 0) {
        return (await transact(table, [{ Put: replace }, ...ranks])) === undefined ? next : undefined;
      }
      try {
        await table.documents.send(new PutCommand({ ...replace, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }));
        return next;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK tries again when an answer is lost, and then meets its own write.
        return wroteThis(error.Item, next) ? next : undefined;
      }
    },

    async release(file, now, idempotencyId) {
      const next: FileRecord = {
        ...file,
        state: 'deleting',
        rev: file.rev + 1,
        updatedAt: now.toISOString(),
        dueAt: now.getTime() + stuckAfterMs,
      };
      const items: TransactItem[] = [
        { Put: replacement(TableName, file, next) },
        ...counterChanges([{ from: file, to: next }]).map((change) => counterItem(TableName, change)),
        ...rankUpdates(TableName, file, -1),
      ];
      if (file.expiresAt !== undefined) items.push({ Delete: { TableName, Key: ticketKey(file.id) } });
      if (idempotencyId !== undefined) items.push({ Delete: { TableName, Key: idempotencyKey(idempotencyId) } });
      return (await transact(table, items)) === undefined;
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

    async get(fileId) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: fileKey(fileId), ConsistentRead: true }),
      );
      return Item === undefined ? undefined : fromItem(Item);
    },

    async listBySession({ appId, sessionId, lockId }, page) {
      const pk = sessionPk(sessionId);
      const query = {
        IndexName: 'bySession',
        KeyConditionExpression: 'sessionPk = :pk',
        FilterExpression: '#state = :ready AND appId = :app AND lockId = :lock',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':pk': pk, ':ready': 'ready', ':app': appId, ':lock': lockId },
        ScanIndexForward: false,
      };
      return await queryPage(table, query, { pk: 'sessionPk', value: pk }, page);
    },

    async listStaged(appId, userId) {
      return await queryAll(table, {
        IndexName: 'byOwner',
        KeyConditionExpression: 'ownerPk = :pk',
        ExpressionAttributeValues: { ':pk': stagedPk(appId, userId) },
        ScanIndexForward: false,
      });
    },

    async listDue(now, { appId, limit }) {
      const shards = await Promise.all(
        Array.from({ length: dueShards }, async (_, shard) => {
          const { Items = [] } = await table.documents.send(
            new QueryCommand({
              TableName,
              IndexName: 'byDue',
              KeyConditionExpression: 'duePk = :pk AND dueAt <= :now',
              ...(appId !== undefined && { FilterExpression: 'appId = :app' }),
              ExpressionAttributeValues: {
                ':pk': duePk(shard),
                ':now': now.getTime(),
                ...(appId !== undefined && { ':app': appId }),
              },
              Limit: appId === undefined ? limit : undefined,
            }),
          );
          return Items.map(fromItem);
        }),
      );
      return shards
        .flat()
        .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        .slice(0, limit);
    },

    async usage(counter): Promise<Usage> {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: counterKey(counter), ConsistentRead: true }),
      );
      return { usedBytes: Item?.usedBytes ?? 0, fileCount: Item?.fileCount ?? 0 };
    },

    async findIdempotent(id, now) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: idempotencyKey(id), ConsistentRead: true }),
      );
      return Item === undefined || Item.ttl * 1000 <= now.getTime()
        ? undefined
        : { fileId: Item.fileId, contentHash: Item.contentHash };
    },
  };
}

function readied<F extends FileRecord>(file: F, now: Date): F {
  const next: F = { ...file, state: 'ready', rev: file.rev + 1, updatedAt: now.toISOString() };
  delete next.dueAt;
  return file.expiresAt === undefined ? next : { ...next, dueAt: file.expiresAt };
}

const wroteThis = (item: Record<string, AttributeValue> | undefined, next: FileRecord) =>
  item?.rev?.N === String(next.rev) && item.state?.S === next.state && item.updatedAt?.S === next.updatedAt;

/** Which condition said no. Order of the items: record, counters, then ticket and idempotency. */
function refusal(outcomes: ItemOutcome[], limits: CounterLimit[]): ReserveResult {
  for (const outcome of outcomes) {
    if (outcome.failed && typeof outcome.old?.contentHash === 'string') {
      return { outcome: 'replayed', fileId: String(outcome.old.fileId), contentHash: outcome.old.contentHash };
    }
  }
  for (const [index, limit] of limits.entries()) {
    const outcome = outcomes[index + 1];
    if (!outcome?.failed) continue;
    if (outcome.old?.closedAt !== undefined) return { outcome: 'owner_deleted' };
    return { outcome: 'over_limit', ...limit, usedBytes: Number(outcome.old?.usedBytes ?? 0) };
  }
  if (outcomes[0]?.failed) throw new Error('A new file id is already taken');
  return { outcome: 'owner_deleted' };
}
