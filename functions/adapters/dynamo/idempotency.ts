import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Answered, IdempotencyStore } from '#core/files/idempotency.ts';
import { requestIsOverAfterMs } from '#core/files/record.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { idempotencyKey } from './keys.ts';
import { isNamed, type TransactItem, transact } from './transaction.ts';

/** How long a repeated request is recognised, seconds. */
const idempotencyTtlSeconds = 86_400;

const secondsOf = (now: Date) => Math.floor(now.getTime() / 1000);

/** What a transaction makes under a key: refused, with the old item, when the key has made something in the last day. */
export function rememberItem(
  TableName: string,
  claim: IdempotencyClaim,
  { id, createdAt }: { id: string; createdAt: string },
): TransactItem {
  const seconds = secondsOf(new Date(createdAt));
  return {
    Put: {
      TableName,
      Item: {
        ...idempotencyKey(claim.id),
        fileId: id,
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

/** What a request with this key made in the last day. Strongly consistent. */
export async function findRemembered(
  table: Table,
  id: string,
  now: Date,
): Promise<{ fileId: string; contentHash: string } | undefined> {
  const { Item } = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: idempotencyKey(id), ConsistentRead: true }),
  );
  return Item === undefined || Item.ttl * 1000 <= now.getTime()
    ? undefined
    : { fileId: Item.fileId, contentHash: Item.contentHash };
}

/** Something with a secret that is told once: what writes it, and what takes the one it replaces away. */
export interface Secret {
  id: string;
  createdAt: string;
  put: TransactItem;
  /** What else is written with it. */
  beside?: TransactItem[];
  remove: (id: string) => TransactItem;
}

/**
 * Writes something whose secret is told once. A repeat cannot be told the first secret, which nobody kept, so it gets
 * another in its place, in one transaction, and the first works no more. `reused`: the key was for something else;
 * `taken`: what the first made cannot be replaced.
 */
export async function writeSecret(
  table: Table,
  claim: IdempotencyClaim,
  secret: Secret,
): Promise<'written' | 'reused' | 'taken'> {
  const remember = rememberItem(table.name, claim, secret);
  const { put, beside = [] } = secret;
  const outcomes = await transact(table, [put, remember, ...beside]);
  const refused = outcomes?.[1];
  if (!refused?.failed) return outcomes === undefined ? 'written' : 'taken';
  if (refused.old?.contentHash !== claim.contentHash) return 'reused';
  const former = String(refused.old.fileId);
  const inPlace: TransactItem = {
    Put: {
      ...remember.Put,
      TableName: table.name,
      Item: remember.Put?.Item,
      ConditionExpression: 'fileId = :former',
      ExpressionAttributeNames: undefined,
      ExpressionAttributeValues: { ':former': former },
    },
  };
  const replacing = [put, secret.remove(former), inPlace, ...beside];
  return (await transact(table, replacing)) === undefined ? 'written' : 'taken';
}

/** Answers under the keys of their requests; see `IdempotencyStore`. */
export function createIdempotencyStore(table: Table): IdempotencyStore {
  const TableName = table.name;
  return {
    async begin(claim, now): Promise<Answered> {
      const Item = {
        ...idempotencyKey(claim.id),
        contentHash: claim.contentHash,
        overAt: now.getTime() + requestIsOverAfterMs,
        ttl: secondsOf(now) + idempotencyTtlSeconds,
      };
      try {
        await table.documents.send(
          new PutCommand({
            TableName,
            Item,
            ConditionExpression:
              'attribute_not_exists(pk) OR #ttl <= :seconds OR ' +
              '(contentHash = :hash AND attribute_not_exists(answer) AND overAt <= :now)',
            ExpressionAttributeNames: { '#ttl': 'ttl' },
            ExpressionAttributeValues: {
              ':seconds': secondsOf(now),
              ':hash': claim.contentHash,
              ':now': now.getTime(),
            },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { outcome: 'begun' };
      } catch (error) {
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
        const { Item: old } = error as { Item?: Parameters<typeof unmarshall>[0] };
        const { contentHash, answer, overAt } = old === undefined ? {} : unmarshall(old);
        if (contentHash !== claim.contentHash) return { outcome: 'reused' };
        if (answer !== undefined) return { outcome: 'answered', answer: JSON.parse(String(answer)).body };
        // The SDK tries again when an answer is lost, and then meets its own write.
        return overAt === Item.overAt ? { outcome: 'begun' } : { outcome: 'running', freeAt: new Date(Number(overAt)) };
      }
    },

    async finish(claim, body) {
      await table.documents.send(
        new UpdateCommand({
          TableName,
          Key: idempotencyKey(claim.id),
          UpdateExpression: 'SET answer = :answer',
          ConditionExpression: 'contentHash = :hash',
          ExpressionAttributeValues: { ':answer': JSON.stringify({ body }), ':hash': claim.contentHash },
        }),
      );
    },

    async cancel(claim) {
      await table.documents.send(new DeleteCommand({ TableName, Key: idempotencyKey(claim.id) }));
    },
  };
}
