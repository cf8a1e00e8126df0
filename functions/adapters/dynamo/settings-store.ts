import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type AppSettings, defaultSettings } from '#core/settings.ts';
import type { SettingsStore } from '#core/stores.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { settingsKey } from './keys.ts';

/** Settings of apps; only what an administrator changed is stored, so a new default reaches everybody else. */
export function createSettingsStore(table: Table, options: { cacheSeconds: number }): SettingsStore {
  const cache = createCache<AppSettings>({ ttlSeconds: options.cacheSeconds });

  async function load(appId: string): Promise<AppSettings> {
    const { Item } = await table.documents.send(
      new GetCommand({ TableName: table.name, Key: settingsKey(appId), ConsistentRead: true }),
    );
    return fromItem(Item);
  }

  return {
    get: (appId) => cache.get(appId, () => load(appId)),
    getFresh: load,
    async update(appId, changes) {
      const fields = Object.entries(changes).filter(([, value]) => value !== undefined);
      if (fields.length === 0) return await load(appId);
      const { Attributes } = await table.documents.send(
        new UpdateCommand({
          TableName: table.name,
          Key: settingsKey(appId),
          UpdateExpression: `SET ${fields.map((_, index) => `#f${index} = :v${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(fields.map(([name], index) => [`#f${index}`, name])),
          ExpressionAttributeValues: Object.fromEntries(fields.map(([, value], index) => [`:v${index}`, value])),
          ReturnValues: 'ALL_NEW',
        }),
      );
      cache.forget(appId);
      return fromItem(Attributes);
    },
  };
}

function fromItem(item: Record<string, unknown> | undefined): AppSettings {
  const { pk: _pk, sk: _sk, ...stored } = item ?? {};
  return { ...defaultSettings, ...stored };
}
