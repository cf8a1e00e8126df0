import { DeleteCommand, PutCommand, paginateQuery, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Scope } from '#core/files/record.ts';
import { sliceCount } from '#core/files/slices.ts';
import type { LifecycleStore } from '#core/lifecycle/events.ts';
import type { Table } from './client.ts';
import {
  appPk,
  cleanupKey,
  cloneKey,
  closedAppKey,
  closedSessionKey,
  developerKeyPrefix,
  dueScopePk,
  holderKey,
  sessionPk,
  settingsKey,
  statePrefix,
} from './keys.ts';
import { closeSlices } from './slice-repairs.ts';
import { isNamed, transact } from './transaction.ts';

/** A clean-up still owed after this long has lost its message; longer than template grace and all retries. */
export const lostAfterMs = 3_600_000;

/** Marks of deletions and clones in DynamoDB; see `LifecycleStore`. */
export function createLifecycleStore(table: Table): LifecycleStore {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);

  const close = (Key: { pk: string; sk: string }, now: Date) =>
    send(
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'SET closedAt = if_not_exists(closedAt, :now)',
        ExpressionAttributeValues: { ':now': now.toISOString() },
      }),
    );

  /** A session's states, or an app's developer keys: after it is closed, when there can be no more of them. */
  async function deleteAll(partition: string, prefix: string): Promise<void> {
    const pages = paginateQuery(
      { client: table.documents },
      {
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ProjectionExpression: 'pk, sk',
        ExpressionAttributeValues: { ':pk': partition, ':prefix': prefix },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) {
      for (const { pk, sk } of Items) await send(new DeleteCommand({ TableName, Key: { pk, sk } }));
    }
  }

  return {
    async closeScope(scope, now) {
      if (scope.kind === 'session') {
        await close({ pk: sessionPk(scope.sessionId), sk: 'COUNTER' }, now);
        await close(closedSessionKey(scope.sessionId), now);
        return await deleteAll(sessionPk(scope.sessionId), statePrefix);
      }
      await closeSlices(table, scope.appId, now);
      await Promise.all(Array.from({ length: sliceCount }, (_, slice) => close(closedAppKey(scope.appId, slice), now)));
      await deleteAll(appPk(scope.appId), developerKeyPrefix);
      await send(
        new UpdateCommand({
          TableName,
          Key: settingsKey(scope.appId),
          UpdateExpression: 'SET enabled = :off',
          ExpressionAttributeValues: { ':off': false },
        }),
      );
    },

    async markDeleted(holder, now) {
      const { Attributes } = await send(
        new UpdateCommand({
          TableName,
          Key: holderKey(holder),
          UpdateExpression: 'SET deletedAt = if_not_exists(deletedAt, :now)',
          ExpressionAttributeValues: { ':now': now.toISOString() },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return { templateIds: [...(Attributes?.templateIds ?? [])] };
    },

    async addClone({ lockId, templateId }) {
      // Refused when it is counted already, the lock is deleted, or the template's files are going: all harmless.
      await transact(table, [
        {
          Put: {
            TableName,
            Item: cloneKey(templateId, lockId),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        {
          Update: {
            TableName,
            Key: holderKey({ type: 'lock', id: lockId }),
            UpdateExpression: 'ADD templateIds :template',
            ConditionExpression: 'attribute_not_exists(deletedAt)',
            ExpressionAttributeValues: { ':template': new Set([templateId]) },
          },
        },
        {
          Update: {
            TableName,
            Key: holderKey({ type: 'template', id: templateId }),
            UpdateExpression: 'ADD clones :one',
            ConditionExpression: 'attribute_not_exists(letGoAt)',
            ExpressionAttributeValues: { ':one': 1 },
          },
        },
      ]);
    },

    async dropClone({ lockId, templateId }) {
      await transact(table, [
        {
          Delete: {
            TableName,
            Key: cloneKey(templateId, lockId),
            ConditionExpression: 'attribute_exists(pk)',
          },
        },
        {
          Update: {
            TableName,
            Key: holderKey({ type: 'template', id: templateId }),
            UpdateExpression: 'ADD clones :less',
            ExpressionAttributeValues: { ':less': -1 },
          },
        },
      ]);
    },

    async letGo(templateId, now) {
      try {
        await send(
          new UpdateCommand({
            TableName,
            Key: holderKey({ type: 'template', id: templateId }),
            UpdateExpression: 'SET letGoAt = if_not_exists(letGoAt, :now)',
            ConditionExpression: 'attribute_exists(deletedAt) AND (attribute_not_exists(clones) OR clones <= :none)',
            ExpressionAttributeValues: { ':now': now.toISOString(), ':none': 0 },
          }),
        );
        return true;
      } catch (error) {
        if (isNamed(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    async oweCleanup(scope, now) {
      const item = { ...cleanupKey(scope), scope, duePk: dueScopePk, dueAt: now.getTime() + lostAfterMs };
      await send(new PutCommand({ TableName, Item: item }));
    },

    async settleCleanup(scope, begun) {
      try {
        await send(
          new DeleteCommand({
            TableName,
            Key: cleanupKey(scope),
            ConditionExpression: 'attribute_not_exists(pk) OR dueAt < :begun',
            ExpressionAttributeValues: { ':begun': begun.getTime() + lostAfterMs },
          }),
        );
      } catch (error) {
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
      }
    },

    async listOwed(now, limit) {
      const { Items = [] } = await send(
        new QueryCommand({
          TableName,
          IndexName: 'byDue',
          KeyConditionExpression: 'duePk = :pk AND dueAt <= :now',
          ExpressionAttributeValues: { ':pk': dueScopePk, ':now': now.getTime() },
          Limit: limit,
        }),
      );
      return Items.map((item) => item.scope as Scope);
    },
  };
}
