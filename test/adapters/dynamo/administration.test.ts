import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAppFileStore } from '#adapters/dynamo/app-files.ts';
import { createAppRegistry, registerFound } from '#adapters/dynamo/app-registry.ts';
import { createCircumstanceStore } from '#adapters/dynamo/circumstances.ts';
import type { Table } from '#adapters/dynamo/client.ts';
import { createDeveloperKeyChanges } from '#adapters/dynamo/developer-key-changes.ts';
import { toItem } from '#adapters/dynamo/file-item.ts';
import { auditPk, cleanupKey } from '#adapters/dynamo/keys.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createSettingsChanges } from '#adapters/dynamo/settings-changes.ts';
import { createUsageHistory, createUsageNotes } from '#adapters/dynamo/usage-history.ts';
import { listAppFiles } from '#core/extensions/administration/files.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { newId } from '#core/files/ids.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { sliceOf } from '#core/files/slices.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { createTable, dynamoDbs, emptyTable, putAll } from '#test/support/tables.ts';

const author = { subject: 'admin-1', at: new Date() };

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`what administrators list, on ${dynamoDb.name}`, () => {
    let table: Table;
    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const put = async (file: ExtensionFile) => {
      await table.documents.send(new PutCommand({ TableName: table.name, Item: toItem(file) }));
      return file;
    };
    const start = Date.now() - 3_600_000;
    /** A file made so many seconds after an hour ago. */
    const madeAt = (seconds: number, given: Partial<ExtensionFile> = {}) => {
      const id = newId(new Date(start + seconds * 1000));
      return sessionFile({ id, slice: sliceOf(id), state: 'ready', dueAt: undefined as never, ...given });
    };
    const at = (seconds: number, given: Partial<ExtensionFile> = {}) => put(madeAt(seconds, given));
    const audit = async () => {
      const { Items = [] } = await table.documents.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': auditPk },
          ConsistentRead: true,
        }),
      );
      return Items.map(({ pk: _pk, sk: _sk, ttl: _ttl, id: _id, ownerPk: _ownerPk, ...entry }) => entry);
    };

    it('is the files of all slices and of the time before them, newest first, each once', async () => {
      const made = await Promise.all(
        Array.from({ length: 230 }, (_, index) => at(index, index % 9 === 0 ? { slice: undefined as never } : {})),
      );
      await at(500, { appId: 'another' });
      const store = createAppFileStore(table);
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.find('app', {}, { limit: 50, cursor });
        expect(page.items.length).toBeLessThanOrEqual(50);
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(ids).toEqual(
        made
          .map(({ id }) => id)
          .sort()
          .reverse(),
      );
      expect((await store.find('app', {}, { limit: 230 })).cursor).toBeUndefined();
      await expect(store.find('app', {}, { limit: 1, cursor: '0:' })).rejects.toMatchObject({
        code: 'validation_failed',
      });
    });

    it('reads a session or what a user staged by their own index, and nothing of other apps', async () => {
      const [mine, others] = [await at(1), await at(2, { appId: 'another' })];
      const staged = await put(stagedFile({ state: 'ready', userId: 'ada' }));
      await at(3, { sessionId: 'second' });
      const list = async (filter: object) =>
        (
          await listAppFiles({ store: createAppFileStore(table), clock: { now: () => new Date() } }, 'app', {
            limit: 10,
            ...filter,
          })
        ).items.map(({ id }) => id);
      expect(await list({ sessionId: 'session' })).toEqual([mine.id]);
      expect(await list({ state: 'staged', userId: 'ada' })).toEqual([staged.id]);
      expect(await list({ userId: 'ada' })).toEqual([staged.id]);
      expect(await list({ state: 'staged', userId: 'bob' })).toEqual([]);
      expect(await list({})).not.toContain(others.id);
    });

    it('finds deletions where the schedule looks, page by page, and no staged file beside them', async () => {
      const deleting = await Promise.all(
        Array.from({ length: 30 }, (_, index) => at(index, { state: 'deleting', dueAt: start + index })),
      );
      await put(stagedFile({ state: 'ready', dueAt: start }));
      await at(40, { appId: 'another', state: 'deleting', dueAt: start });
      const deps = { store: createAppFileStore(table), clock: { now: () => new Date() } };
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listAppFiles(deps, 'app', { state: 'deleting', limit: 7, cursor });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(ids.sort()).toEqual(deleting.map(({ id }) => id).sort());
      await expect(deps.store.find('app', { state: 'deleting' }, { limit: 1, cursor: '9:' })).rejects.toMatchObject({
        code: 'validation_failed',
      });
    });

    it('bounds what a search reads, and its cursors come to the only match in the end', async () => {
      const wanted = await at(0, { originalName: 'Straße.JPG' });
      const others = Array.from({ length: 1205 }, (_, index) => toItem(madeAt(index + 1)));
      await putAll(table, others);
      const deps = { store: createAppFileStore(table), clock: { now: () => new Date() } };
      const first = await listAppFiles(deps, 'app', { search: 'straße', limit: 10 });
      expect(first).toMatchObject({ items: [], cursor: expect.stringMatching(/^[0-9a-f]{24}$/) });
      const second = await listAppFiles(deps, 'app', { search: 'straße', limit: 10, cursor: first.cursor });
      expect(second).toEqual({ items: [wanted] });
    });

    it('is every app that has settings or a key, with what it uses; of older ones no time is known', async () => {
      const registry = createAppRegistry(table);
      await createSettingsChanges(table).update('b', { enabled: true, maxBytesPerApp: 7 }, author);
      const key = { keyId: 'k', appId: 'a', label: 'x', createdAt: author.at.toISOString() };
      await createDeveloperKeyChanges(table).create(key, 'hash', author);
      expect(await registerFound(table, ['b', 'older', 'FILE'])).toBe(2);
      expect(await registerFound(table, ['older', 'FILE', 'a', 'b'])).toBe(0);
      const time = author.at.toISOString();
      expect(await registry.list({ limit: 10 })).toEqual({
        items: [
          { appId: 'FILE' },
          { appId: 'a', createdAt: time, updatedAt: time },
          { appId: 'b', createdAt: time, updatedAt: time },
          { appId: 'older' },
        ],
      });
      expect(await registry.list({ limit: 2 })).toMatchObject({ items: [{}, {}], cursor: 'a' });
      expect(await registry.list({ limit: 2, cursor: 'a' })).toMatchObject({ items: [{ appId: 'b' }, {}] });
      const settings = { ...defaultSettings, enabled: true, maxBytesPerApp: 7, limitRevision: 1 };
      expect(await registry.look('b')).toEqual({ settings, usage: { usedBytes: 0, fileCount: 0 } });
      await createSettingsChanges(table).update('older', { enabled: true }, author);
      expect((await registry.list({ limit: 1, cursor: 'b' })).items).toEqual([{ appId: 'older', updatedAt: time }]);
    });

    it('tells of each change who made it, what was and what is, and of a key no secret', async () => {
      const changes = createSettingsChanges(table);
      const keys = createDeveloperKeyChanges(table);
      await changes.update('app', { allowedMimePrefixes: ['image/png'], imagePresets: { thumb: 64 } }, author);
      const second = { subject: undefined, at: new Date(author.at.getTime() + 5000) };
      await changes.update('app', { allowedMimePrefixes: ['image/'], imagePresets: { thumb: 64 } }, second);
      await changes.update('app', { allowedMimePrefixes: ['image/'] }, second);
      const third = { subject: 'admin-3', at: new Date(author.at.getTime() + 9000) };
      await keys.create({ keyId: 'k', appId: 'app', label: 'x', createdAt: third.at.toISOString() }, 'hash', third);
      const fourth = { ...third, at: new Date(author.at.getTime() + 12_000) };
      expect(await keys.revoke('app', 'k', fourth)).toBe(true);
      expect(await keys.revoke('app', 'k', fourth)).toBe(false);
      const settings = { action: 'app.settings.changed', appId: 'app' };
      const key = { appId: 'app', by: 'admin-3', subject: { type: 'key', id: 'k' }, details: { label: 'x' } };
      expect(await audit()).toEqual([
        {
          ...settings,
          at: author.at.toISOString(),
          by: 'admin-1',
          changes: {
            allowedMimePrefixes: { from: ['image/'], to: ['image/png'] },
            imagePresets: { from: {}, to: { thumb: 64 } },
          },
        },
        {
          ...settings,
          at: second.at.toISOString(),
          changes: { allowedMimePrefixes: { from: ['image/png'], to: ['image/'] } },
        },
        { ...key, action: 'app.key.created', at: third.at.toISOString() },
        { ...key, action: 'app.key.revoked', at: fourth.at.toISOString() },
      ]);
    });

    it('tells of two administrators who change one setting at once what each of them changed', async () => {
      const changes = createSettingsChanges(table);
      await Promise.all([1, 2, 3, 4].map((n) => changes.update('app', { maxImageEdge: 100 * n }, author)));
      const steps = (await audit()).map(({ changes }) => changes.maxImageEdge as { from: number; to: number });
      const walked = [defaultSettings.maxImageEdge];
      while (walked.length <= 4) walked.push(steps.find(({ from }) => from === walked.at(-1))?.to ?? Number.NaN);
      expect(walked.slice(1).sort()).toEqual([100, 200, 300, 400]);
    });

    it('is usages by size as they were noted, with what they are now, and each day once', async () => {
      const notes = createUsageNotes(table);
      const history = createUsageHistory(table);
      const used = (sessionId: string, usedBytes: number) => ({
        counter: { kind: 'session' as const, appId: 'app', sessionId },
        usage: { usedBytes, fileCount: Math.sign(usedBytes) },
      });
      const counters = [used('small', 10), used('COUNTER', 3000), used('large', 3000), used('none', 0)];
      const changed = await notes.changedUsages(counters);
      expect(changed).toEqual(counters.slice(0, 3));
      for (const counter of changed) await notes.noteUsage(counter);
      expect(await notes.changedUsages(counters)).toEqual([]);
      const first = await history.largest('session', 'app', { limit: 2 });
      expect([...first.items].sort()).toEqual(['COUNTER', 'large']);
      expect(await history.largest('session', 'app', { limit: 2, cursor: first.cursor })).toEqual({ items: ['small'] });
      for (const counter of await notes.changedUsages([used('large', 0)])) await notes.noteUsage(counter);
      expect((await history.largest('session', 'app', { limit: 9 })).items).toEqual(['COUNTER', 'small']);

      const now = new Date('2026-03-01T00:10:00.000Z');
      for (const day of ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-01']) await notes.noteDay('app', day, now);
      const days = await history.days('app', { limit: 2 });
      expect(days).toMatchObject({ items: [{ day: '2026-03-01' }, { day: '2026-02-28' }], cursor: '2026-02-28' });
      expect(await history.days('app', { limit: 2, cursor: days.cursor })).toEqual({
        items: [{ day: '2026-02-27', at: now.toISOString(), usedBytes: 0, fileCount: 0 }],
      });
    });

    it('is what stands around a file: marks of its holders, claims, alarms and owed clean-ups', async () => {
      const lifecycle = createLifecycleStore(table);
      const store = createCircumstanceStore(table);
      const file = await at(1, { claimIds: ['gone'] });
      expect(await store.look(file)).toEqual({ claims: [], app: {}, session: {}, lock: {}, owed: [] });
      const now = new Date();
      await lifecycle.markDeleted({ type: 'lock', id: 'lock' }, now);
      await lifecycle.closeScope({ kind: 'session', sessionId: 'session' }, now);
      await lifecycle.oweCleanup({ kind: 'lock', lockId: 'lock' }, now);
      expect(cleanupKey({ kind: 'lock', lockId: 'lock' }).pk).toBe('CLEANUP#LOCK#lock');
      expect(await store.look(file)).toEqual({
        claims: [],
        app: {},
        session: { closedAt: now.toISOString() },
        lock: { deletedAt: now.toISOString() },
        owed: [{ scope: { kind: 'lock', lockId: 'lock' }, since: now.getTime(), againAt: now.getTime() + 3_600_000 }],
      });
    });
  });
}
