import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AppRegistry, RegisteredApp } from '#core/extensions/administration/apps.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { getByKey, getItems } from './batch-get.ts';
import type { Table } from './client.ts';
import { usageIn } from './counters.ts';
import { appsPk, counterKey, registeredAppKey, registeredAppPrefix, settingsKey } from './keys.ts';
import { queryFrom } from './query.ts';
import { partsOf, sumOf } from './slices.ts';
import { isNamed, type TransactItem } from './transaction.ts';

type Item = Record<string, unknown>;

/**
 * An app's entry among those there are: part of the transaction in which an administrator first sets or makes something for
 * it, and of each after. When an app began is known of those only that begin with such a change.
 */
export async function registration(table: Table, appId: string, now: Date): Promise<TransactItem> {
  const traces = [settingsKey(appId), ...partsOf(appId).slice(0, 2).map(counterKey)];
  const isOlder = (await getItems(table, traces)).length > 0;
  return {
    Update: {
      TableName: table.name,
      Key: registeredAppKey(appId),
      UpdateExpression: 'SET createdAt = if_not_exists(createdAt, :created), updatedAt = :now',
      ExpressionAttributeValues: { ':created': isOlder ? null : now.toISOString(), ':now': now.toISOString() },
    },
  };
}

/** Enters apps that have settings, a key or a counter and are in no list yet; gives how many those were. */
export async function registerFound(table: Table, appIds: string[]): Promise<number> {
  const known = new Set(
    (await getItems(table, appIds.map(registeredAppKey), { consistent: false })).map(({ sk }) => sk),
  );
  const missing = appIds.map(registeredAppKey).filter(({ sk }) => !known.has(sk));
  for (const key of missing) {
    try {
      const Item = { ...key, createdAt: null };
      await table.documents.send(
        new PutCommand({ TableName: table.name, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
      );
    } catch (error) {
      // An administrator entered it meanwhile.
      if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
    }
  }
  return missing.length;
}

/** The apps there are, in one partition; see `AppRegistry`. */
export function createAppRegistry(table: Table): AppRegistry {
  return {
    async list({ limit, cursor }) {
      const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': appsPk } };
      const start = cursor === undefined ? undefined : registeredAppKey(cursor);
      return await queryFrom(table, query, { start, fromItem, cursorOf: ({ appId }) => appId }, limit);
    },

    async look(appId) {
      const parts = partsOf(appId);
      const keys = [settingsKey(appId), ...parts.map(counterKey)];
      const item = await getByKey(table, keys, { consistent: false });
      const { pk: _pk, sk: _sk, ...stored } = item(settingsKey(appId)) ?? {};
      const usage = sumOf(parts.map((counter) => usageIn(counter, item(counterKey(counter)))));
      return { settings: { ...defaultSettings, ...stored }, usage };
    },
  };
}

function fromItem({ sk, createdAt, updatedAt }: Item): RegisteredApp {
  return {
    appId: String(sk).slice(registeredAppPrefix.length),
    ...(typeof createdAt === 'string' && { createdAt }),
    ...(typeof updatedAt === 'string' && { updatedAt }),
  };
}
