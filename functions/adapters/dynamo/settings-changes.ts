import type { SettingsChanges } from '#core/extensions/ports.ts';
import { type AuditAction, type Author, auditEntry, changesOf } from '#core/files/audit.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { UploadSettingsChanges } from '#core/uploads/ports.ts';
import { registration } from './app-registry.ts';
import { auditItem } from './audit.ts';
import type { Table } from './client.ts';
import { appSettings, readSettings, type SettingsKind, uploadSettings } from './settings-items.ts';
import { type TransactItem, transact } from './transaction.ts';

/** What administrators change in settings of apps; apart from reading them, which every request of an extension does. */
export const createSettingsChanges = (table: Table): SettingsChanges => ({
  update: (appId, given, author) =>
    change(table, appSettings, appId, given, {
      author,
      what: { action: 'app.settings.changed', appId },
      revisions: { maxBytesPerApp: 'limitRevision' },
      beside: () => registration(table, appId, author.at),
    }),
});

/** The same for the one item of the uploads API's settings. */
export const createUploadSettingsChanges = (table: Table): UploadSettingsChanges => ({
  update: (given, author) =>
    change(table, uploadSettings, '', given, { author, what: { action: 'uploads.settings.changed' } }),
});

interface Change {
  author: Author;
  /** What the audit calls it. */
  what: { action: AuditAction; appId?: string };
  /** Settings whose changes are counted, and where. */
  revisions?: Record<string, string>;
  /** What is written with it. */
  beside?: () => Promise<TransactItem>;
}

async function change<Settings extends object>(
  table: Table,
  kind: SettingsKind<Settings>,
  name: string,
  given: Partial<Settings>,
  { author, what, revisions = {}, beside }: Change,
): Promise<Settings> {
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  const load = () => readSettings(table, kind, name);
  if (fields.length === 0) return kind.fromItem(await load());
  const next = Object.fromEntries(fields) as Partial<Settings>;
  const also = beside === undefined ? [] : [await beside()];
  await retryOnMoved(async () => {
    const stored = await load();
    const changes = changesOf(kind.fromItem(stored), next);
    const audit = Object.keys(changes).length === 0 ? [] : [auditEntry(author, { ...what, changes })];
    const items = [
      { Update: { TableName: table.name, Key: kind.keyOf(name), ...updateOf(next, stored, revisions) } },
      ...also,
      ...audit.map((entry) => auditItem(table.name, entry)),
    ];
    return (await transact(table, items)) === undefined || moved;
  });
  return kind.fromItem(await load());
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
