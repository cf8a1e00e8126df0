import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createAppRegistry } from '#adapters/dynamo/app-registry.ts';
import { registeredAppKey, settingsKey, uploadSettingsKey } from '#adapters/dynamo/keys.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { createUsageHistory } from '#adapters/dynamo/usage-history.ts';
import { usageBy } from '#core/extensions/administration/usage.ts';
import { dayOf } from '#core/files/day.ts';
import { type ExtensionFile, objectOf } from '#core/files/record.ts';
import type { ReconcileStore } from '#core/reconcile/stores.ts';
import { sessionFile } from '#test/support/records.ts';
import { boundWorld, reconciler } from './support.ts';

const hour = 3_600_000;
const world = boundWorld();
const run: ReturnType<typeof reconciler> = (...given) => reconciler(world())(...given);
const scheduled = { everyObject: false, resume: true };

async function store(given: Partial<ExtensionFile>): Promise<ExtensionFile> {
  const file = sessionFile({ appId: 'app', ...given });
  const { appId, sessionId = '', slice } = file;
  await world().files.reserve(file, [
    { counter: { kind: 'app', appId, slice }, limitBytes: 1_000_000 },
    { counter: { kind: 'session', appId, sessionId }, limitBytes: 1_000_000 },
  ]);
  await world().objects.put(objectOf(file), Buffer.from('x'), { contentType: 'text/plain' });
  return (await world().files.markReady(file, world().clock.now())) ?? file;
}

const put = (Item: Record<string, unknown>) =>
  world().table.documents.send(new PutCommand({ TableName: world().table.name, Item }));
const apps = async () => (await createAppRegistry(world().table).list({ limit: 100 })).items.map(({ appId }) => appId);
const sessions = async () =>
  (await usageBy(createUsageHistory(world().table), 'session', 'app', { limit: 100 })).items.map(
    ({ id, usedBytes }) => `${id} ${usedBytes}`,
  );
const days = async (appId = 'app') => (await createUsageHistory(world().table).days(appId, { limit: 100 })).items;

/** The store, and what it was asked to write down. */
function counting(): { store: ReconcileStore; noted: string[] } {
  const store = createReconcileStore(world().table);
  const noted: string[] = [];
  return {
    noted,
    store: {
      ...store,
      async noteUsage(counter) {
        noted.push(JSON.stringify(counter.counter));
        await store.noteUsage(counter);
      },
      async noteDay(appId, day, now) {
        noted.push(`${appId} ${day}`);
        await store.noteDay(appId, day, now);
      },
    },
  };
}

describe('what reconcile writes down for administrators', () => {
  it('is every app that has settings, keys or a counter, also one that is older than the list of them', async () => {
    await put({ ...settingsKey('set'), enabled: true });
    await put({ pk: 'APP#keyed', sk: 'KEY#1' });
    await put({ ...uploadSettingsKey, graceSeconds: 1 });
    await put({ pk: 'APP#former', sk: 'COUNTER', usedBytes: 5, fileCount: 1 });
    await store({});
    expect(await run({ dryRun: true })).toMatchObject({ complete: true });
    expect(await apps()).toEqual([]);
    await run(scheduled);
    expect(await apps()).toEqual(['app', 'former', 'keyed', 'set']);
  });

  it('is what sessions use, the most first: one write for each that moved, none for what stands still', async () => {
    await store({ sessionId: 'small' });
    const file = await store({ sessionId: 'large', sizeBytes: 5000 });
    await store({ sessionId: 'FILE', sizeBytes: 2000 });
    const { store: counted, noted } = counting();
    await run(scheduled, { store: counted });
    expect(await sessions()).toEqual(['large 5000', 'FILE 2000', 'small 1000']);
    expect(noted.filter((what) => what.includes('session'))).toHaveLength(3);
    noted.length = 0;
    await run(scheduled, { store: counted });
    expect(noted).toEqual([`app ${dayOf(world().clock.now())}`]);
    noted.length = 0;
    await world().files.release(file, world().clock.now());
    // Before the next pass the order is the old one, and what is shown is what is there.
    expect(await sessions()).toEqual(['FILE 2000', 'small 1000']);
    await run(scheduled, { store: counted });
    expect(noted).toHaveLength(1);
    const { Items = [] } = await world().table.documents.send(
      new ScanCommand({ TableName: world().table.name, ConsistentRead: true }),
    );
    expect(Items.filter(({ pk }) => pk === 'USAGE#SESSION#app').map(({ sk }) => sk)).toEqual(['ID#FILE', 'ID#small']);
  });

  it('takes up what a first pass after the update could not know, however long it has stood still', async () => {
    await store({ sessionId: 'old' });
    world().time.offsetMs = 30 * hour;
    const { state, acquire, keep, release } = createReconcileStore(world().table);
    const now = world().clock.now().getTime();
    await acquire('before', now, now + 1000);
    await keep('before', now + 1000, { lastPassStartedAt: now - hour });
    await release('before');
    expect((await state()).usageSince).toBeUndefined();
    await run(scheduled);
    expect(await sessions()).toEqual(['old 1000']);
  });

  it('is what each app uses on a day, by one write of its first run, and by the next where that was cut off', async () => {
    await store({});
    await run(scheduled);
    expect(await days()).toEqual([]);
    const { store: counted, noted } = counting();
    const broken: ReconcileStore = {
      ...counted,
      noteDay: async () => {
        throw new Error('the table is busy');
      },
    };
    const report = await run(scheduled, { store: broken });
    expect(report).toMatchObject({
      complete: true,
      failed: { count: 1, examples: ['usage of app: the table is busy'] },
    });
    world().time.offsetMs = 24 * hour;
    const today = dayOf(world().clock.now());
    const { noteDay } = counted;
    const killed: ReconcileStore = {
      ...counted,
      apps: async (after) => {
        const page = await counted.apps(after);
        return after === undefined ? { appIds: page.appIds, next: 'app' } : Promise.reject(new Error('killed'));
      },
      noteDay,
    };
    await expect(run(scheduled, { store: killed })).rejects.toThrow('killed');
    expect(noted).toEqual([`app ${today}`]);
    await run(scheduled, { store: counted });
    await run(scheduled, { store: counted });
    expect(noted).toEqual([`app ${today}`]);
    expect(await days()).toEqual([{ day: today, at: expect.any(String), usedBytes: 1000, fileCount: 1 }]);
  });

  it('lists an app again that lost its entry, and leaves an entry that an administrator made alone', async () => {
    await put({ ...settingsKey('app'), enabled: true });
    const entry = { ...registeredAppKey('app'), createdAt: '2026-01-01T00:00:00.000Z' };
    await put(entry);
    await run(scheduled);
    expect(await createAppRegistry(world().table).list({ limit: 9 })).toEqual({
      items: [{ appId: 'app', createdAt: entry.createdAt }],
    });
    await world().table.documents.send(
      new DeleteCommand({ TableName: world().table.name, Key: registeredAppKey('app') }),
    );
    await run(scheduled);
    expect(await apps()).toEqual(['app']);
  });
});
