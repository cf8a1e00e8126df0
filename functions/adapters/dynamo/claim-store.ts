import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { BindResult, ClaimRecord, Move } from '#core/extensions/claims/claim-record.ts';
import type { Claimant, ClaimStore } from '#core/extensions/claims/claim-store.ts';
import { isOf } from '#core/files/record.ts';
import type { CounterLimit } from '#core/files/store.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import { counterChanges, counterItems, limitedItem } from './counters.ts';
import { createFileWrites } from './file-writes.ts';
import { claimKey, counterKey, holderKey } from './keys.ts';
import { type FormerCounter, refusalOf, takeOverFormer } from './session-counter.ts';
import { isNamed, type TransactItem, transact } from './transaction.ts';

/** Claims in DynamoDB; see `ClaimStore`. */
export function createClaimStore(table: Table): ClaimStore {
  const TableName = table.name;

  const writes = createFileWrites(TableName);
  const moveItem = ({ from, to }: Move): TransactItem => ({ Put: writes.replace(from, to) });

  return {
    async get(claimId) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: claimKey(claimId), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const { pk: _pk, sk: _sk, ...claim } = Item;
      return claim as ClaimRecord;
    },

    async getFiles(fileIds) {
      return (await getFiles(table, fileIds)).filter((file) => isOf('extension', file));
    },

    async lastIdOf(claimant) {
      const { Item } = await table.documents.send(
        new GetCommand({ TableName, Key: holderKey(claimant.target), ConsistentRead: true }),
      );
      return Item?.[lastOf(claimant)];
    },

    async makeLast(claim) {
      await transact(table, [
        { Update: lastUpdate(TableName, claim, claim.id, { condition: alive }) },
        {
          // What stood before it is not known any more: others came between.
          Update: { TableName, Key: claimKey(claim.id), UpdateExpression: 'REMOVE previousId' },
        },
      ]);
    },

    async bind({ claim, moves, limits, released }, now): Promise<BindResult> {
      const all = [...moves, ...released.map((from) => ({ from, to: writes.released(from, now) }))];
      const { limited, items: counters } = counterParts(TableName, all, limits);
      const same = claim.previousId === undefined ? 'attribute_not_exists(#last)' : '#last = :was';
      const bindOnce = async (): Promise<BindResult | FormerCounter> => {
        const outcomes = await transact(table, [
          {
            Update: lastUpdate(TableName, claim, claim.id, {
              condition: `${alive} AND ${same}`,
              was: claim.previousId,
            }),
          },
          ...counters,
          ...all.map(moveItem),
          {
            Put: {
              TableName,
              Item: { ...claim, ...claimKey(claim.id), updatedAt: now.toISOString() },
              ConditionExpression: 'attribute_not_exists(pk) OR #state = :over',
              ExpressionAttributeNames: { '#state': 'state' },
              ExpressionAttributeValues: { ':over': 'rolled_back' },
            },
          },
        ]);
        if (outcomes === undefined) return { outcome: 'bound' };
        if (outcomes.at(-1)?.failed) return { outcome: 'repeated' };
        if (outcomes[0]?.failed)
          return { outcome: outcomes[0].old?.deletedAt === undefined ? 'moved' : 'target_deleted' };
        for (const [index, limit] of limited.entries()) {
          const outcome = outcomes[index + 1];
          if (limit === undefined || !outcome?.failed) continue;
          const refused = refusalOf(limit, outcome.old);
          return refused.outcome === 'owner_deleted' ? { outcome: 'target_deleted' } : refused;
        }
        return { outcome: 'moved' };
      };
      return await takeOverFormer(table, limits, bindOnce);
    },

    async discard(claimId, files, now, how) {
      const standing = {
        TableName,
        Key: claimKey(claimId),
        ExpressionAttributeNames: { '#state': 'state' },
      };
      const claim: TransactItem =
        how === 'unsaid'
          ? {
              ConditionCheck: {
                ...standing,
                ConditionExpression: '#state = :claimed',
                ExpressionAttributeValues: { ':claimed': 'claimed' },
              },
            }
          : {
              Update: {
                ...standing,
                UpdateExpression: 'SET deletedIds = list_append(deletedIds, :ids)',
                ConditionExpression: '#state = :claimed AND attribute_not_exists(cleanedAt)',
                ExpressionAttributeValues: { ':ids': files.map(({ id }) => id), ':claimed': 'claimed' },
              },
            };
      return (await transact(table, [...writes.release(files, now), claim])) === undefined;
    },

    async finish(claimId, now) {
      try {
        const { Attributes } = await table.documents.send(
          new UpdateCommand({
            TableName,
            Key: claimKey(claimId),
            UpdateExpression: 'SET cleanedAt = if_not_exists(cleanedAt, :now)',
            ConditionExpression: '#state = :claimed',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':now': now.toISOString(), ':claimed': 'claimed' },
            ReturnValues: 'ALL_NEW',
          }),
        );
        return (Attributes as ClaimRecord | undefined)?.deletedIds;
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException')) return undefined;
        throw error;
      }
    },

    async unbind(claim, moves) {
      // Before the transaction, which has no room for them: a ticket that comes to nothing does nothing. The first
      // ticket of a file is never taken away by its claim, so one that expires as planned has its alarm still.
      const tickets = moves.flatMap(({ from, to }) =>
        to.expiresAt === undefined || to.expiresAt === from.stagedUntil ? [] : [writes.putTicket(to.id, to.expiresAt)],
      );
      if (tickets.length > 0) await transact(table, tickets);
      const last = await this.lastIdOf(claim);
      const previous =
        last === claim.id && claim.previousId !== undefined ? await this.get(claim.previousId) : undefined;
      const next = previous?.state === 'claimed' ? previous.id : undefined;
      const outcomes = await transact(table, [
        ...counterParts(TableName, moves, []).items,
        ...moves.map(moveItem),
        ...(last === claim.id
          ? [{ Update: lastUpdate(TableName, claim, next, { condition: '#last = :was', was: last }) }]
          : []),
        {
          Update: {
            TableName,
            Key: claimKey(claim.id),
            UpdateExpression: 'SET #state = :over',
            ConditionExpression: '#state = :claimed',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':over': 'rolled_back', ':claimed': 'claimed' },
          },
        },
      ]);
      return outcomes === undefined;
    },
  };
}

/** Where a lock or template keeps its last claim of a user and app: others' configs of it are theirs. */
const lastOf = ({ appId, userId }: Pick<Claimant, 'appId' | 'userId'>) => `claim#${appId}#${userId}`;

const alive = 'attribute_not_exists(deletedAt)';

/** Makes a claim its target's last, or none of which is known, where `condition` holds. */
function lastUpdate(
  TableName: string,
  claimant: Claimant,
  next: string | undefined,
  { condition, was }: { condition: string; was?: string | undefined },
) {
  return {
    TableName,
    Key: holderKey(claimant.target),
    UpdateExpression: next === undefined ? 'REMOVE #last' : 'SET #last = :next',
    ConditionExpression: condition,
    ExpressionAttributeNames: { '#last': lastOf(claimant) },
    ExpressionAttributeValues: {
      ...(next !== undefined && { ':next': next }),
      ...(was !== undefined && { ':was': was }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/** The counters' parts of a transaction, with the limit of each that has one. A claim moves each counter's item once. */
function counterParts(TableName: string, moves: Move[], limits: CounterLimit[]) {
  const changes = counterChanges(moves);
  const limited = changes.map(({ counter, bytes }) =>
    bytes > 0 ? limits.find((limit) => counterKey(limit.counter).pk === counterKey(counter).pk) : undefined,
  );
  // Files moved together were moved at one time.
  const at = moves[0]?.to.updatedAt ?? '';
  const items = changes.flatMap((change, index) => {
    const limit = limited[index];
    return limit === undefined ? counterItems(TableName, [change], at) : [limitedItem(TableName, change, at, limit)];
  });
  return { limited, items };
}
