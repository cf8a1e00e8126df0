import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { SettingsStore } from '#core/extensions/ports.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { type AuditAction, type Author, auditEntry, changesOf } from '#core/files/audit.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { UploadSettingsStore } from '#core/uploads/ports.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { registration } from './app-registry.ts';
import { auditItem } from './audit.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { settingsKey, uploadSettingsKey } from './keys.ts';
import { type TransactItem, transact } from './transaction.ts';

/** Settings of apps; only what an administrator changed is stored, so a new default reaches everybody else. */
export function createSettingsStore(table: Table, options: { cacheSeconds: number }): SettingsStore {
  const revisions = { maxBytesPerApp: 'limitRevision' };
  return settingsItems(table, {
    ...options,
    keyOf: settingsKey,
    defaults: defaultSettings,
    revisions,
    what: (appId) => ({ action: 'app.settings.changed', appId }),
    beside: (appId, { at }) => registration(table, appId, at),
  });
}

/** The one item of the uploads API's settings. */
export function createUploadSettingsStore(table: Table, options: { cacheSeconds: number }): UploadSettingsStore {
  const keyOf = () => uploadSettingsKey;
  const what = () => ({ action: 'uploads.settings.changed' }) as const;
  const items = settingsItems(table, { ...options, keyOf, defaults: defaultUploadSettings, what });
  const only = 'uploads';
  return {
    get: () => items.get(only),
    getFresh: () => items.getFresh(only),
    update: (changes, author) => items.update(only, changes, author),
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
    /** What the audit calls a change. */
    what: (name: string) => { action: AuditAction; appId?: string };
    /** What is written with a change. */
    beside?: (name: string, author: Author) => Promise<TransactItem>;
  },
) {
  const { keyOf, defaults, revisions = {} } = options;
  const cache = createCache<Settings>({ ttlSeconds: options.cacheSeconds });

  const fromItem = ({ pk: _pk, sk: _sk, ...stored }: Record<string, unknown>): Settings => ({ ...defaults, ...stored });

  async function read(name: string): Promise<Record<string, unknown>> {
    const { Item = {} } = await table.documents.send(
      new GetCommand({ TableName: table.name, Key: keyOf(name), ConsistentRead: true }),
    );
    return Item;
  }

  const load = async (name: string) => fromItem(await read(name));

  return {
    get: (name: string) => cache.get(name, () => load(name)),
    getFresh: load,
    async update(name: string, given: Partial<Settings>, author: Author): Promise<Settings> {
      const fields = Object.entries(given).filter(([, value]) => value !== undefined);
      if (fields.length === 0) return await load(name);
      const next = Object.fromEntries(fields) as Partial<Settings>;
      const beside = options.beside === undefined ? [] : [await options.beside(name, author)];
      await retryOnMoved(async () => {
        const stored = await read(name);
        const changes = changesOf(fromItem(stored), next);
        const audit = Object.keys(changes).length === 0 ? [] : [auditEntry(author, { ...options.what(name), changes })];
        const items = [
          { Update: { TableName: table.name, Key: keyOf(name), ...updateOf(next, stored, revisions) } },
          ...beside,
          ...audit.map((entry) => auditItem(table.name, entry)),
        ];
        return (await transact(table, items)) === undefined || moved;
      });
      cache.forget(name);
      return await load(name);
    },
  };
}

/**
 * Sets the fields where they are still as they were read, so that what the audit says they were is true. Settings of
 * which a change is counted count one more.
 */
function updateOf(next: object, stored: Record<string, unknown>, revisions: Record<string, string>) {
  const fields = Object.entries(next);
  const counted = fields.flatMap(([field]) => revisions[field] ?? []);
  const unmoved = fields.map(([field], index) =>
    stored[field] === undefined ? `attribute_not_exists(#f${index})` : `#f${index} = :was${index}`,
  );
  const values = fields.flatMap(([field, value], index) => [
    [`:v${index}`, value],
    ...(stored[field] === undefined ? [] : [[`:was${index}`, stored[field]]]),
  ]);
  return {
    UpdateExpression: [
      `SET ${fields.map((_, index) => `#f${index} = :v${index}`).join(', ')}`,
      ...counted.map((name) => `ADD ${name} :one`),
    ].join(' '),
    ConditionExpression: unmoved.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(fields.map(([field], index) => [`#f${index}`, field])),
    ExpressionAttributeValues: { ...Object.fromEntries(values), ...(counted.length > 0 && { ':one': 1 }) },
  };
}
