import type { SettingsStore } from '#core/extensions/ports.ts';
import type { UploadSettingsStore } from '#core/uploads/ports.ts';
import { createCache } from './cache.ts';
import type { Table } from './client.ts';
import { appSettings, readSettings, type SettingsKind, uploadSettings } from './settings-items.ts';

/** Settings of apps; only what an administrator changed is stored, so a new default reaches everybody else. */
export function createSettingsStore(table: Table, { cacheSeconds }: { cacheSeconds: number }): SettingsStore {
  return cached(table, cacheSeconds, appSettings);
}

/** The one item of the uploads API's settings. */
export function createUploadSettingsStore(
  table: Table,
  { cacheSeconds }: { cacheSeconds: number },
): UploadSettingsStore {
  const items = cached(table, cacheSeconds, uploadSettings);
  return { get: () => items.get(''), getFresh: () => items.getFresh('') };
}

function cached<Settings extends object>(table: Table, ttlSeconds: number, kind: SettingsKind<Settings>) {
  const cache = createCache<Settings>({ ttlSeconds });
  const load = async (name: string) => kind.fromItem(await readSettings(table, kind, name));
  return { get: (name: string) => cache.get(name, () => load(name)), getFresh: load };
}
