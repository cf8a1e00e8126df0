import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { ticketKey } from '#adapters/dynamo/keys.ts';
import { countersOf, type FileRecord } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const app = { kind: 'app', appId: 'app' } as const;
const session = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
const staged = { kind: 'staged', appId: 'app', userId: 'user' } as const;
const roomy = (file: FileRecord) => countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 }));

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the file store on ${dynamoDb.name}`, () => {
    let table: Table;
    let files: FileStore;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      files = createFileStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const ready = async (file: FileRecord) => {
      expect(await files.reserve(file, roomy(file))).toEqual({ outcome: 'reserved' });
      const stored = await files.markReady(file, new Date());
      if (stored === undefined) throw new Error('not ready');
      return stored;
    };

    it('reserves a record and raises each of its counters by its size', async () => {
      const file = sessionFile({ sizeBytes: 700 });
      expect(await files.reserve(file, roomy(file))).toEqual({ outcome: 'reserved' });
      expect(await files.get(file.id)).toEqual(file);
      expect(await files.usage(app)).toEqual({ usedBytes: 700, fileCount: 1 });
      expect(await files.usage(session)).toEqual({ usedBytes: 700, fileCount: 1 });
      expect(await files.usage(staged)).toEqual({ usedBytes: 0, fileCount: 0 });
    });

    it('fills a limit to the last byte and refuses one more without a trace', async () => {
      const limits = [{ counter: app, limitBytes: 1000 }];
      expect(await files.reserve(sessionFile({ sizeBytes: 1000 }), limits)).toEqual({ outcome: 'reserved' });
      const before = await allItems(table);
      const refused = await files.reserve(sessionFile({ sizeBytes: 1 }), limits);
      expect(refused).toEqual({ outcome: 'over_limit', counter: app, limitBytes: 1000, usedBytes: 1000, usedFiles: 1 });
      expect(await allItems(table)).toEqual(before);
    });

    it('refuses a file larger than the whole limit, and a limit of nothing', async () => {
      for (const limitBytes of [999, 0]) {
        const refused = await files.reserve(sessionFile({ sizeBytes: 1000 }), [{ counter: app, limitBytes }]);
        expect(refused).toEqual({ outcome: 'over_limit', counter: app, limitBytes, usedBytes: 0, usedFiles: 0 });
      }
      expect(await allItems(table)).toEqual([]);
    });

    it('names the narrower counter when several would refuse', async () => {
      const limits = [
        { counter: session, limitBytes: 1000 },
        { counter: app, limitBytes: 1000 },
      ];
      await files.reserve(sessionFile({ sizeBytes: 1000 }), limits);
      expect(await files.reserve(sessionFile({ sizeBytes: 1 }), limits)).toMatchObject({ counter: session });
    });

    it('stores exactly as many as fit when twenty arrive at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, () =>
          files.reserve(sessionFile({ sizeBytes: 100 }), [
            { counter: session, limitBytes: 599 },
            { counter: app, limitBytes: 1_000_000 },
          ]),
        ),
      );
      const outcomes = results.map(({ outcome }) => outcome).sort();
      expect(outcomes).toEqual([...Array(15).fill('over_limit'), ...Array(5).fill('reserved')]);
      expect(await files.usage(app)).toEqual({ usedBytes: 500, fileCount: 5 });
      expect(await files.usage(session)).toEqual({ usedBytes: 500, fileCount: 5 });
    });

    it('marks a record ready once; a second time, and after a release, it says no', async () => {
      const file = sessionFile();
      await ready(file);
      expect(await files.get(file.id)).toMatchObject({ state: 'ready', rev: 2 });
      expect(await files.markReady(file, new Date())).toBeUndefined();
    });

    it('recognises its own write when marking ready is tried again after a lost answer', async () => {
      const file = sessionFile();
      const now = new Date();
      await files.reserve(file, roomy(file));
      const first = await files.markReady(file, now);
      expect(await files.markReady(file, now)).toEqual(first);
    });

    it('gives quota back exactly once however often a record is released', async () => {
      const file = await ready(sessionFile({ sizeBytes: 300 }));
      const released = await Promise.all(Array.from({ length: 5 }, () => files.release(file, new Date())));
      expect(released.filter(Boolean)).toHaveLength(1);
      expect(await files.usage(app)).toEqual({ usedBytes: 0, fileCount: 0 });
      expect(await files.get(file.id)).toMatchObject({ state: 'deleting' });
    });

    it('takes a released record out of every list but the one of what is due', async () => {
      const file = await ready(sessionFile());
      await files.release(file, new Date());
      expect(await files.listBySession({ appId: 'app', sessionId: 'session', lockId: 'lock' }, { limit: 10 })).toEqual({
        items: [],
      });
      const later = new Date(Date.now() + 3_600_000);
      expect((await files.listDue(later, { limit: 10 })).map(({ id }) => id)).toEqual([file.id]);
    });

    it('removes only a record that is being deleted, and does not mind that it is gone', async () => {
      const file = await ready(sessionFile());
      await expect(files.remove(file.id)).rejects.toThrow(/record stays/);
      await files.release(file, new Date());
      await files.remove(file.id);
      await files.remove(file.id);
      expect(await files.get(file.id)).toBeUndefined();
    });

    it('keeps an expiry ticket beside a staged file and takes it away with it', async () => {
      const file = await ready(stagedFile({ expiresAt: 1_900_000_000_500 }));
      const ticket = { TableName: table.name, Key: ticketKey(file.id) };
      expect((await table.documents.send(new GetCommand(ticket))).Item).toMatchObject({ ttl: 1_900_000_001 });
      expect(file.dueAt).toBe(file.expiresAt);
      await files.release(file, new Date());
      expect((await table.documents.send(new GetCommand(ticket))).Item).toBeUndefined();
    });

    it('lists a session newest first, page by page, without what is pending, deleted or of another lock', async () => {
      const stored: string[] = [];
      for (let index = 0; index < 7; index += 1) {
        stored.unshift((await ready(sessionFile())).id);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await files.reserve(sessionFile(), []);
      await ready(sessionFile({ lockId: 'another' }));
      await ready(sessionFile({ sessionId: 'another' }));
      const gone = await files.get(stored.splice(2, 1)[0] ?? '');
      if (gone) await files.release(gone, new Date());

      const of = { appId: 'app', sessionId: 'session', lockId: 'lock' };
      expect((await files.listBySession(of, { limit: 10 })).items.map(({ id }) => id)).toEqual(stored);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await files.listBySession(of, { limit: 2, cursor });
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(stored);
    });

    it('lists what is shown of a file, whatever else its record has', async () => {
      const shown = {
        originalName: 'beach.jpg',
        mimeType: 'image/webp',
        sizeBytes: 1200,
        purpose: 'cover',
        presets: { thumb: 320 },
        image: {
          width: 640,
          height: 480,
          thumbhash: 'aGFzaA==',
          variants: { thumb: { width: 320, height: 240, sizeBytes: 200 } },
        },
      };
      const { id, key, createdAt } = await ready(sessionFile({ ...shown, claimIds: ['claim'], stagedUntil: 1 }));
      const place = { appId: 'app', sessionId: 'session', lockId: 'lock' };
      expect(await files.listBySession(place, { limit: 10 })).toEqual({
        items: [{ id, ...place, bucket: 'default', key, ...shown, createdAt, staged: false }],
      });
    });

    it('refuses a cursor it did not give', async () => {
      const list = files.listBySession(
        { appId: 'app', sessionId: 'session', lockId: 'lock' },
        { limit: 1, cursor: '../x' },
      );
      await expect(list).rejects.toMatchObject({ code: 'validation_failed' });
    });

    it('finds what is due of one app among the due of all, soonest first', async () => {
      const now = Date.now();
      const make = (appId: string, expiresAt: number) => ready(stagedFile({ appId, expiresAt }));
      const second = await make('app', now - 1000);
      const first = await make('app', now - 2000);
      await make('another', now - 3000);
      await make('app', now + 60_000);
      const due = await files.listDue(new Date(now), { appId: 'app', limit: 10 });
      expect(due.map(({ id }) => id)).toEqual([first.id, second.id]);
      expect(await files.listDue(new Date(now), { limit: 10 })).toHaveLength(3);
    });

    it('answers a repeated idempotency key with the first file and reserves nothing', async () => {
      const claim = { id: 'key', contentHash: 'hash' };
      const file = sessionFile();
      await files.reserve(file, roomy(file), claim);
      const again = sessionFile();
      const replayed = { outcome: 'replayed', fileId: file.id, contentHash: 'hash' };
      expect(await files.reserve(again, roomy(again), claim)).toEqual(replayed);
      expect(await files.get(again.id)).toBeUndefined();
      expect(await files.usage(app)).toEqual({ usedBytes: 1000, fileCount: 1 });
      expect(await files.findIdempotent('key', new Date())).toEqual({ fileId: file.id, contentHash: 'hash' });
      expect(await files.findIdempotent('key', new Date(Date.now() + 86_500_000))).toBeUndefined();
    });
  });
}
