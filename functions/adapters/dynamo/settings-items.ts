import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { type AppSettings, defaultSettings } from '#core/extensions/settings.ts';
import { defaultUploadSettings, type UploadSettings } from '#core/uploads/settings.ts';
import type { Table } from './client.ts';
import { settingsKey, uploadSettingsKey } from './keys.ts';

type Item = Record<string, unknown>;

/** Items of which each attribute beside the key is one setting. */
export interface SettingsKind<Settings> {
  keyOf(name: string): { pk: string; sk: string };
  /** With the defaults in place of what nobody set. */
  fromItem(item: Item): Settings;
}

const kindOf = <Settings extends object>(
  keyOf: SettingsKind<Settings>['keyOf'],
  defaults: Settings,
): SettingsKind<Settings> => ({
  keyOf,
  fromItem: ({ pk: _pk, sk: _sk, ...stored }) => ({ ...defaults, ...stored }),
});

export const appSettings = /* @__PURE__ */ kindOf<AppSettings>(settingsKey, defaultSettings);
export const uploadSettings = /* @__PURE__ */ kindOf<UploadSettings>(() => uploadSettingsKey, defaultUploadSettings);

/** As they are stored, strongly consistent; empty where nobody set any. */
export async function readSettings<S>(table: Table, { keyOf }: SettingsKind<S>, name: string): Promise<Item> {
  const { Item = {} } = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: keyOf(name), ConsistentRead: true }),
  );
  return Item;
}
