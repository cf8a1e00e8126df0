import { DeleteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { UsageHistory } from '#core/extensions/administration/usage.ts';
import type { CounterRef, Usage } from '#core/files/record.ts';
import type { ScannedCounter, UsageNotes } from '#core/reconcile/stores.ts';
import { createAppRegistry, registerFound } from './app-registry.ts';
import { getItems } from './batch-get.ts';
import type { Table } from './client.ts';
import { usageIn } from './counters.ts';
import { appPk, counterKey, dailyUsageKey, dailyUsagePrefix, usageKey, usagesPk } from './keys.ts';
import { unknownCursor } from './query.ts';
import { readSlices, sumOf } from './slices.ts';
import { isNamed } from './transaction.ts';

/** What sort keys of usages begin with, so that no session's id is taken for the kind of an item. */
const idPrefix = 'ID#';

/** How long a day's usage is kept, seconds: the ninety days that are shown, and a month for whoever is late. */
const dayKeptSeconds = 120 * 86_400;

/** Usage of apps over time and by who uses it; see `UsageHistory`. */
export function createUsageHistory(table: Table): UsageHistory {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);
  return {
    async largest(kind, appId, { limit, cursor }) {
      const pk = usagesPk(kind, appId);
      const { Items = [] } = await send(
        new QueryCommand({
          TableName,
          IndexName: 'byDue',
          KeyConditionExpression: 'duePk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ScanIndexForward: false,
          // One more than wanted tells whether there is a next page.
          Limit: limit + 1,
          ExclusiveStartKey: cursor === undefined ? undefined : { pk, duePk: pk, ...placeOf(cursor) },
        }),
      );
      const shown = Items.slice(0, limit);
      const last = shown.at(-1);
      const items = shown.map(({ sk }) => String(sk).slice(idPrefix.length));
      const more = Items.length > limit && last !== undefined;
      return { items, ...(more && { cursor: `${last.dueAt}:${String(last.sk).slice(idPrefix.length)}` }) };
    },

    async now(counters) {
      const items = await getItems(table, counters.map(counterKey), { consistent: false });
      const byPk = new Map(items.map((item) => [item.pk, item]));
      return counters.map((counter) => usageIn(counter, byPk.get(counterKey(counter).pk)));
    },

    async days(appId, { limit, cursor }) {
      if (cursor !== undefined && !dayPattern.test(cursor)) throw unknownCursor();
      const { Items = [] } = await send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': appPk(appId),
            ':first': dailyUsagePrefix,
            ':last': `${dailyUsagePrefix}:`,
          },
          ScanIndexForward: false,
          Limit: limit + 1,
          ExclusiveStartKey: cursor === undefined ? undefined : dailyUsageKey(appId, cursor),
        }),
      );
      const items = Items.slice(0, limit).map(({ sk, at, usedBytes, fileCount }) => ({
        day: String(sk).slice(dailyUsagePrefix.length),
        at: String(at),
        usedBytes: Number(usedBytes),
        fileCount: Number(fileCount),
      }));
      const last = items.at(-1)?.day;
      return { items, ...(Items.length > limit && last !== undefined && { cursor: last }) };
    },
  };
}

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;

/** A cursor is the bytes and the id of the last one shown, `<bytes>:<id>`. */
function placeOf(cursor: string): { dueAt: number; sk: string } {
  const [, bytes, id] = /^(\d{1,15}):(.{1,128})$/.exec(cursor) ?? [];
  if (id === undefined) throw unknownCursor();
  return { dueAt: Number(bytes), sk: `${idPrefix}${id}` };
}

/** What reconcile writes down on its way; see `UsageNotes`. */
export function createUsageNotes(table: Table): UsageNotes {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);
  const registry = createAppRegistry(table);

  async function noteOne({ counter, usage }: { counter: Named; usage: Usage }): Promise<void> {
    const Key = keyOf(counter);
    if (usage.fileCount === 0) await send(new DeleteCommand({ TableName, Key }));
    else {
      const Item = { ...Key, ...usage, duePk: Key.pk, dueAt: usage.usedBytes };
      await send(new PutCommand({ TableName, Item }));
    }
  }

  return {
    registerApps: (appIds) => registerFound(table, appIds),

    async changedUsages(counters) {
      const named = counters.filter((scanned): scanned is ScannedCounter & { counter: Named } => isNamedUsage(scanned));
      const keys = named.map(({ counter }) => keyOf(counter));
      const noted = new Map((await getItems(table, keys, { consistent: false })).map((item) => [nameOf(item), item]));
      return named.filter(({ counter, usage }) => {
        const { usedBytes = 0, fileCount = 0 } = noted.get(nameOf(keyOf(counter))) ?? {};
        return usedBytes !== usage.usedBytes || fileCount !== usage.fileCount;
      });
    },

    noteUsage: async ({ counter, usage }) => {
      if (counter.kind !== 'app') await noteOne({ counter, usage });
    },

    async apps(after) {
      const { items, cursor } = await registry.list({ limit: 200, cursor: after });
      return { appIds: items.map(({ appId }) => appId), ...(cursor !== undefined && { next: cursor }) };
    },

    async noteDay(appId, day, now) {
      const usage = sumOf(await readSlices(table, appId));
      const ttl = Math.floor(now.getTime() / 1000) + dayKeptSeconds;
      const Item = { ...dailyUsageKey(appId, day), ...usage, at: now.toISOString(), ttl };
      try {
        await send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
      } catch (error) {
        // Noted before, by a run that was killed.
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
      }
    },
  };
}

type Named = Exclude<CounterRef, { kind: 'app' }>;

const isNamedUsage = ({ counter }: ScannedCounter): boolean => counter.kind !== 'app';

const keyOf = (counter: Named) =>
  usageKey(counter.kind, counter.appId, counter.kind === 'session' ? counter.sessionId : counter.userId);

const nameOf = ({ pk, sk }: Record<string, unknown>) => `${pk} ${sk}`;
