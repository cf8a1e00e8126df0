import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createSettingsChanges } from '#adapters/dynamo/settings-changes.ts';
import { createSettingsStore } from '#adapters/dynamo/settings-store.ts';
import { createStateStore } from '#adapters/dynamo/state-store.ts';
import { countersOf, type FileRecord, type Scope } from '#core/files/record.ts';
import type { LifecycleStore } from '#core/lifecycle/events.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const now = new Date();
const hour = 3_600_000;
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const clone = (lockId: string) => ({ lockId, templateId: 'template' });
const template = { type: 'template', id: 'template' } as const;
const lock = (id: string) => ({ type: 'lock', id }) as const;
const app: Scope & { kind: 'app' } = { kind: 'app', appId: 'app' };
const session: Scope & { kind: 'session' } = { kind: 'session', sessionId: 'session' };

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the lifecycle store on ${dynamoDb.name}`, () => {
    let table: Table;
    let lifecycle: LifecycleStore;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      lifecycle = createLifecycleStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const reserve = (file: FileRecord) =>
      createFileStore(table).reserve(
        file,
        countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 })),
      );
    const clones = async () =>
      (await allItems(table)).find(({ sk, pk }) => sk === 'HOLDER' && pk === 'TEMPLATE#template')?.clones;

    it('closes a session to new files, one that never had any included, and removes its state', async () => {
      const states = createStateStore(table);
      await states.put({ appId: 'app', sessionId: 'session' }, { a: 1 }, now);
      await lifecycle.closeScope(session, now);
      expect(await reserve(sessionFile())).toEqual({ outcome: 'owner_deleted' });
      expect(await states.get({ appId: 'app', sessionId: 'session' })).toBeUndefined();
      expect(await states.put({ appId: 'app', sessionId: 'session' }, { a: 2 }, now)).toBe(false);
      expect(await reserve(sessionFile({ sessionId: 'another' }))).toEqual({ outcome: 'reserved' });
    });

    it('closes an app to new files of any kind, and turns its storage off', async () => {
      const settings = createSettingsStore(table, { cacheSeconds: 0 });
      await createSettingsChanges(table).update('app', { enabled: true }, { subject: 'admin', at: new Date() });
      await lifecycle.closeScope(app, now);
      expect(await reserve(sessionFile())).toEqual({ outcome: 'owner_deleted' });
      expect(await reserve(stagedFile())).toEqual({ outcome: 'owner_deleted' });
      expect(await settings.getFresh('app')).toMatchObject({ enabled: false });
    });

    it('closes a lock to new files', async () => {
      await lifecycle.markDeleted(lock('lock'), now);
      expect(await reserve(sessionFile())).toEqual({ outcome: 'owner_deleted' });
    });

    it('lets either the file or the end of its lock come first, never a file after it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const file = sessionFile({ lockId: `lock-${round}` });
        const [reserved] = await Promise.all([reserve(file), lifecycle.markDeleted(lock(`lock-${round}`), now)]);
        const listed = await createFileStore(table).listByScope(
          { kind: 'lock', lockId: `lock-${round}` },
          { limit: 5 },
        );
        expect(listed.items.map(({ id }) => id)).toEqual(reserved.outcome === 'reserved' ? [file.id] : []);
        expect(await reserve(sessionFile({ lockId: `lock-${round}` }))).toEqual({ outcome: 'owner_deleted' });
      }
    });

    it('keeps the first moment of a deletion, and tells every template a lock is a clone of', async () => {
      await lifecycle.addClone({ lockId: 'lock', templateId: 'template' });
      await lifecycle.addClone({ lockId: 'lock', templateId: 'another' });
      const marked = await Promise.all([1, 2, 3].map(() => lifecycle.markDeleted(lock('lock'), now)));
      for (const { templateIds } of marked) expect(templateIds.sort()).toEqual(['another', 'template']);
      await lifecycle.markDeleted(lock('lock'), later(hour));
      expect(await allItems(table)).toContainEqual(expect.objectContaining({ deletedAt: now.toISOString() }));
      expect(await lifecycle.markDeleted(lock('no clone'), now)).toEqual({ templateIds: [] });
    });

    it('counts a clone once, and uncounts it once, however often it is told', async () => {
      await Promise.all([1, 2, 3].map(() => lifecycle.addClone(clone('l1'))));
      await lifecycle.addClone(clone('l2'));
      expect(await clones()).toBe(2);
      await Promise.all([1, 2, 3].map(() => lifecycle.dropClone(clone('l1'))));
      expect(await clones()).toBe(1);
      await lifecycle.dropClone(clone('never'));
      expect(await clones()).toBe(1);
    });

    it('counts no clone of a lock that is deleted already', async () => {
      await lifecycle.markDeleted(lock('l1'), now);
      await lifecycle.addClone(clone('l1'));
      expect(await clones()).toBeUndefined();
    });

    it('lets a template go when it is deleted and its last clone is, and never before', async () => {
      await lifecycle.addClone(clone('l1'));
      expect(await lifecycle.letGo('template', now)).toBe(false);
      await lifecycle.markDeleted(template, now);
      expect(await lifecycle.letGo('template', now)).toBe(false);
      await lifecycle.dropClone(clone('l1'));
      expect(await lifecycle.letGo('template', now)).toBe(true);
      expect(await lifecycle.letGo('template', later(hour))).toBe(true);
    });

    it('does not let a template go that only lost its clones', async () => {
      await lifecycle.addClone(clone('l1'));
      await lifecycle.dropClone(clone('l1'));
      expect(await lifecycle.letGo('template', now)).toBe(false);
      expect(await lifecycle.letGo('unknown', now)).toBe(false);
    });

    it('counts no clone any more once the template may go', async () => {
      await lifecycle.markDeleted(template, now);
      expect(await lifecycle.letGo('template', now)).toBe(true);
      await lifecycle.addClone(clone('l1'));
      expect(await clones()).toBeUndefined();
      expect((await lifecycle.markDeleted(lock('l1'), now)).templateIds).toEqual([]);
    });

    it('decides between a new clone and letting go, whoever is first', async () => {
      for (let round = 0; round < 10; round += 1) {
        const templateId = `template-${round}`;
        await lifecycle.markDeleted({ type: 'template', id: templateId }, now);
        const cloned = { lockId: `lock-${round}`, templateId };
        const [gone] = await Promise.all([lifecycle.letGo(templateId, now), lifecycle.addClone(cloned)]);
        const { templateIds } = await lifecycle.markDeleted(lock(cloned.lockId), now);
        expect(templateIds).toEqual(gone ? [] : [templateId]);
      }
    });

    it('lists a clean-up only when it is owed for an hour, and no more once it is settled', async () => {
      await lifecycle.oweCleanup(app, now);
      expect(await lifecycle.listOwed(later(hour - 1), 10)).toEqual([]);
      expect(await lifecycle.listOwed(later(hour), 10)).toEqual([app]);
      await lifecycle.settleCleanup(app, later(1));
      expect(await lifecycle.listOwed(later(2 * hour), 10)).toEqual([]);
      await lifecycle.settleCleanup(app, later(1));
    });

    it('does not settle what is owed since the walk began', async () => {
      await lifecycle.oweCleanup(app, later(1000));
      await lifecycle.settleCleanup(app, now);
      expect(await lifecycle.listOwed(later(2 * hour), 10)).toEqual([app]);
    });

    it('lists the longest owed first, as many as asked for, of every kind', async () => {
      const scopes: Scope[] = [app, session, { kind: 'lock', lockId: 'lock' }, { kind: 'template', templateId: 't' }];
      for (const [index, scope] of scopes.entries()) await lifecycle.oweCleanup(scope, later(index));
      expect(await lifecycle.listOwed(later(2 * hour), 3)).toEqual(scopes.slice(0, 3));
    });
  });
}
