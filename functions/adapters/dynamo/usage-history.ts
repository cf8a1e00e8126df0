import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { UsageHistory } from '#core/extensions/administration/usage.ts';
import type { CounterRef, Usage } from '#core/files/record.ts';
import type { ScannedCounter, UsageNotes } from '#core/reconcile/stores.ts';
import { createAppRegistry, registerFound } from './app-registry.ts';
import { getByKey } from './batch-get.ts';
import type { Table } from './client.ts';
import { usageIn } from './counters.ts';
import { appPk, counterKey, dailyUsageKey, dailyUsagePrefix, usageKey, usagesPk } from './keys.ts';
import { queryFrom, unknownCursor } from './query.ts';
import { readSlices, sumOf } from './slices.ts';
import { isNamed } from './transaction.ts';

type Item = Record<string, unknown>;

/** What sort keys of usages begin with, so that no session's id is taken for the kind of an item. */
const idPrefix = 'ID#';

/** How long a day's usage is kept, seconds: the ninety days that are shown, and a month for whoever is late. */
const dayKeptSeconds = 120 * 86_400;

/** Usage of apps over time and by who uses it; see `UsageHistory`. */
export function createUsageHistory(table: Table): UsageHistory {
  return {
    async largest(kind, appId, { limit, cursor }) {
      const pk = usagesPk(kind, appId);
      const query = {
        IndexName: 'byDue',
        KeyConditionExpression: 'duePk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ScanIndexForward: false,
      };
      const start = cursor === undefined ? undefined : { pk, duePk: pk, ...placeOf(cursor) };
      const fromItem = ({ sk, dueAt }: Item) => ({ id: String(sk).slice(idPrefix.length), dueAt });
      const cursorOf = ({ id, dueAt }: ReturnType<typeof fromItem>) => `${dueAt}:${id}`;
      const page = await queryFrom(table, query, { start, fromItem, cursorOf }, limit);
      return { ...page, items: page.items.map(({ id }) => id) };
    },

    async now(counters) {
      const item = await getByKey(table, counters.map(counterKey), { consistent: false });
      return counters.map((counter) => usageIn(counter, item(counterKey(counter))));
    },

    async days(appId, { limit, cursor }) {
      if (cursor !== undefined && !dayPattern.test(cursor)) throw unknownCursor();
      const query = {
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':pk': appPk(appId),
          ':first': dailyUsagePrefix,
          ':last': `${dailyUsagePrefix}:`,
        },
        ScanIndexForward: false,
      };
      const start = cursor === undefined ? undefined : dailyUsageKey(appId, cursor);
      return await queryFrom(table, query, { start, fromItem: dayIn, cursorOf: ({ day }) => day }, limit);
    },
  };
}

const dayIn = ({ sk, at, usedBytes, fileCount }: Item) => ({
  day: String(sk).slice(dailyUsagePrefix.length),
  at: String(at),
  usedBytes: Number(usedBytes),
  fileCount: Number(fileCount),
});

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
      const noted = await getByKey(table, keys, { consistent: false });
      return named.filter(({ counter, usage }) => {
        const { usedBytes = 0, fileCount = 0 } = noted(keyOf(counter)) ?? {};
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
