import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { ticketKey } from '#adapters/dynamo/keys.ts';
import { countersOf, type FileRecord } from '#core/files/record.ts';
import { settled } from '#core/files/settled.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const app = { kind: 'app', appId: 'app' } as const;
const limitsOf = (file: FileRecord, limitBytes = 1_000_000) =>
  countersOf(file)
    .map((counter) => ({ counter, limitBytes }))
    .reverse();

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`direct uploads on ${dynamoDb.name}`, () => {
    let table: Table;
    let files: ReturnType<typeof createFileStore>;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      files = createFileStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    /** Reserved with 1000 bytes, its URL alive for ten minutes. */
    const presigned = async (make = sessionFile): Promise<FileRecord> => {
      const until = Date.now() + 900_000;
      const incoming = {
        key: 'incoming/a',
        mimeType: 'image/png',
        sizeBytes: 1000,
        urlExpiresAt: Date.now() + 600_000,
      };
      const file = make({ sizeBytes: 1000, incoming, expiresAt: until, dueAt: until });
      expect(await files.reserve(file, limitsOf(file))).toEqual({ outcome: 'reserved' });
      return file;
    };
    const stored = (file: FileRecord, sizeBytes: number, expiresAt?: number) => {
      const facts = { mimeType: 'image/webp', sizeBytes, ...(expiresAt !== undefined && { expiresAt }) };
      return settled(file, facts, new Date());
    };
    const used = async (file: FileRecord) => await Promise.all(countersOf(file).map((counter) => files.usage(counter)));
    const tickets = async () => (await allItems(table)).filter(({ sk }) => sk === ticketKey('').sk);

    it.each([400, 1000, 1600])('settle a reservation of 1000 bytes to %i, counted once everywhere', async (size) => {
      const file = await presigned();
      const next = stored(file, size);
      expect(await files.settle(file, next, limitsOf(file))).toEqual({ outcome: 'ready' });
      expect(await files.get(file.id)).toEqual(next);
      expect(next).toMatchObject({ state: 'ready', rev: 2 });
      expect(await used(file)).toEqual([
        { usedBytes: size, fileCount: 1 },
        { usedBytes: size, fileCount: 1 },
      ]);
      expect(await tickets()).toEqual([]);
    });

    it('settle once: a second time, and after a release, the record has moved', async () => {
      const [first, second] = [await presigned(), await presigned()];
      await files.settle(first, stored(first, 400), limitsOf(first));
      await files.release(second, new Date());
      for (const file of [first, second]) {
        expect(await files.settle(file, stored(file, 1600), limitsOf(file, 0))).toEqual({ outcome: 'moved' });
      }
      expect(await files.usage(app)).toEqual({ usedBytes: 400, fileCount: 1 });
    });

    it('grow to the last byte of a limit and not beyond it, naming the narrower counter', async () => {
      const file = await presigned();
      const refused = await files.settle(file, stored(file, 1501), limitsOf(file, 1500));
      expect(refused).toMatchObject({ outcome: 'over_limit', counter: { kind: 'session' }, usedBytes: 1000 });
      expect(await files.get(file.id)).toEqual(file);
      expect(await files.settle(file, stored(file, 1500), limitsOf(file, 1500))).toEqual({ outcome: 'ready' });
    });

    it('move the ticket of a staged file to its new time', async () => {
      const file = await presigned(stagedFile);
      await files.settle(file, stored(file, 400, 1_900_000_000_000), limitsOf(file));
      expect(await tickets()).toMatchObject([{ ...ticketKey(file.id), ttl: 1_900_000_000 }]);
      expect(await files.get(file.id)).toMatchObject({ expiresAt: 1_900_000_000_000, dueAt: 1_900_000_000_000 });
    });

    it('leave a marker when they end while their URL lives, found when nothing can arrive any more', async () => {
      const [finished, released] = [await presigned(), await presigned()];
      await files.settle(finished, stored(finished, 400), limitsOf(finished));
      await files.release(released, new Date());
      const due = (released.incoming?.urlExpiresAt ?? 0) + 3_600_000;
      expect(await files.listDueIncoming(new Date(due - 60_000), 10)).toEqual([]);
      const markers = await files.listDueIncoming(new Date(due + 60_000), 10);
      expect(markers.map(({ fileId }) => fileId).sort()).toEqual([finished.id, released.id].sort());
      expect(markers[0]).toMatchObject({ incoming: { bucket: 'default', key: 'incoming/a' } });
      expect(markers.map(({ final }) => final.key).sort()).toEqual([finished.key, released.key].sort());
      expect(await files.listDue(new Date(due + 60_000), { limit: 10 })).toMatchObject([{ id: released.id }]);
      for (const { fileId } of markers) await files.removeIncoming(fileId);
      expect(await files.listDueIncoming(new Date(due + 60_000), 10)).toEqual([]);
    });

    it('leave none when they end after that', async () => {
      const file = await presigned();
      await files.release(file, new Date((file.incoming?.urlExpiresAt ?? 0) + 3_600_000));
      expect((await allItems(table)).filter(({ sk }) => sk === 'INCOMING')).toEqual([]);
    });

    it('are released sixteen at a time, staged and of as many users, in one transaction', async () => {
      const uploads: FileRecord[] = [];
      for (let index = 0; index < 16; index += 1) {
        uploads.push(await presigned((given) => stagedFile({ ...given, userId: `user-${index}` })));
      }
      await files.releaseAll(uploads, new Date());
      expect(await files.usage(app)).toEqual({ usedBytes: 0, fileCount: 0 });
      expect((await allItems(table)).filter(({ sk }) => sk === 'INCOMING')).toHaveLength(16);
      expect(await tickets()).toEqual([]);
    });

    it('of one session are found among what is due of all', async () => {
      const mine = await presigned();
      await presigned((given) => sessionFile({ ...given, sessionId: 'another' }));
      const due = await files.listDue(new Date(Date.now() + 901_000), { sessionId: 'session', limit: 10 });
      expect(due.map(({ id }) => id)).toEqual([mine.id]);
    });
  });
}
