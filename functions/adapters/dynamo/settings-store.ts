import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { SettingsStore } from '#core/extensions/ports.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import type { UploadSettingsStore } from '#core/uploads/ports.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { settingsKey, uploadSettingsKey } from './keys.ts';

/** Settings of apps; only what an administrator changed is stored, so a new default reaches everybody else. */
export function createSettingsStore(table: Table, options: { cacheSeconds: number }): SettingsStore {
  const revisions = { maxBytesPerApp: 'limitRevision' };
  return settingsItems(table, { ...options, keyOf: settingsKey, defaults: defaultSettings, revisions });
}

/** The one item of the uploads API's settings. */
export function createUploadSettingsStore(table: Table, options: { cacheSeconds: number }): UploadSettingsStore {
  const keyOf = () => uploadSettingsKey;
  const items = settingsItems(table, { ...options, keyOf, defaults: defaultUploadSettings });
  const only = 'uploads';
  return {
    get: () => items.get(only),
    getFresh: () => items.getFresh(only),
    update: (changes) => items.update(only, changes),
  };
}

/** Items of which each attribute beside the key is one setting. */
function settingsItems<Settings extends object>(
  table: Table,
  options: {
    cacheSeconds: number;
    keyOf: (name: string) => { pk: string; sk: string };
    defaults: Settings;
    /** Settings whose changes are counted, and where. */
    revisions?: Record<string, string>;
  },
) {
  const { keyOf, defaults, revisions = {} } = options;
  const cache = createCache<Settings>({ ttlSeconds: options.cacheSeconds });

  const fromItem = (item: Record<string, unknown> | undefined): Settings => {
    const { pk: _pk, sk: _sk, ...stored } = item ?? {};
    return { ...defaults, ...stored };
  };

  async function load(name: string): Promise<Settings> {
    const { Item } = await table.documents.send(
      new GetCommand({ TableName: table.name, Key: keyOf(name), ConsistentRead: true }),
    );
    return fromItem(Item);
  }

  return {
    get: (name: string) => cache.get(name, () => load(name)),
    getFresh: load,
    async update(name: string, changes: Partial<Settings>): Promise<Settings> {
      const fields = Object.entries(changes).filter(([, value]) => value !== undefined);
      if (fields.length === 0) return await load(name);
      const counted = fields.flatMap(([field]) => revisions[field] ?? []);
      const { Attributes } = await table.documents.send(
        new UpdateCommand({
          TableName: table.name,
          Key: keyOf(name),
          UpdateExpression: [
            `SET ${fields.map((_, index) => `#f${index} = :v${index}`).join(', ')}`,
            ...counted.map((name) => `ADD ${name} :one`),
          ].join(' '),
          ExpressionAttributeNames: Object.fromEntries(fields.map(([field], index) => [`#f${index}`, field])),
          ExpressionAttributeValues: {
            ...Object.fromEntries(fields.map(([, value], index) => [`:v${index}`, value])),
            ...(counted.length > 0 && { ':one': 1 }),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      cache.forget(name);
      return fromItem(Attributes);
    },
  };
}
