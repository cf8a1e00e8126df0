import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { ticketKey } from '#adapters/dynamo/keys.ts';
import { createUploadStore } from '#adapters/dynamo/upload-store.ts';
import type { UploadFile } from '#core/files/record.ts';
import { settled } from '#core/files/settled.ts';
import type { FileStore } from '#core/files/store.ts';
import type { UploadStore } from '#core/uploads/ports.ts';
import { uploadFile } from '#test/support/records.ts';
import { allItems, createTable, dynamoDbs, emptyTable } from '#test/support/tables.ts';

const owner = { kind: 'owner', userId: 'user' } as const;
const coin = { kind: 'coin', userId: 'user', coinName: 'GOGOPOOL' } as const;

/** An id of a given second, so that a test decides how files lie in time. */
const idAt = (second: number, index = 0) =>
  second.toString(16).padStart(8, '0') + index.toString(16).padStart(4, '0') + 'a'.repeat(12);

for (const dynamoDb of dynamoDbs) {
  const server = await dynamoDb.start();

  describe.skipIf(server === undefined)(`the upload store on ${dynamoDb.name}`, () => {
    let table: Table;
    let files: FileStore;
    let uploads: UploadStore;

    beforeAll(async () => {
      table = await createTable(server?.endpoint ?? '');
      files = createFileStore(table);
      uploads = createUploadStore(table);
    });
    beforeEach(() => emptyTable(table));
    afterAll(() => server?.close());

    const ready = async (given: Partial<UploadFile> = {}) => {
      const file = uploadFile(given);
      await files.reserve(file, []);
      const stored = await files.markReady(file, new Date());
      if (stored === undefined) throw new Error('not ready');
      return stored;
    };
    const hide = (file: UploadFile, graceMs = 60_000) =>
      uploads.hide(file, { deletedAt: new Date(), expiresAt: new Date(Date.now() + graceMs) });
    const idsOf = async (list: typeof owner | typeof coin, offset: number, limit = 100) =>
      (await uploads.page(list, { offset, limit })).items.map(({ id }) => id);

    it('lists and counts a file from the moment it is ready, and not before', async () => {
      const file = uploadFile();
      await files.reserve(file, []);
      expect(await uploads.page(owner, { offset: 0, limit: 10 })).toEqual({ items: [], count: 0, more: false });
      const stored = await files.markReady(file, new Date());
      expect(await uploads.page(owner, { offset: 0, limit: 10 })).toEqual({ items: [stored], count: 1, more: false });
      expect(await files.markReady(file, new Date())).toBeUndefined();
      expect((await uploads.page(owner, { offset: 0, limit: 10 })).count).toBe(1);
    });

    it('lists a direct upload when it is settled, once', async () => {
      const file = uploadFile();
      await files.reserve(file, []);
      const next = settled(file, { mimeType: 'text/plain', sizeBytes: 5 }, new Date());
      expect(await files.settle(file, next, [])).toEqual({ outcome: 'ready' });
      expect(await files.settle(file, next, [])).toEqual({ outcome: 'moved' });
      expect(await uploads.page(owner, { offset: 0, limit: 10 })).toEqual({ items: [next], count: 1, more: false });
    });

    it('keeps the lists of owners and of coins apart, each with its own length', async () => {
      const plain = await ready({ id: idAt(1000) });
      const golden = await ready({ id: idAt(2000), coinName: 'GOGOPOOL' });
      await ready({ id: idAt(3000), coinName: 'GOGO#POOL', userId: 'another' });
      expect(await idsOf(owner, 0)).toEqual([golden.id, plain.id]);
      expect(await idsOf(coin, 0)).toEqual([golden.id]);
      expect((await uploads.page(coin, { offset: 0, limit: 1 })).count).toBe(1);
      expect((await uploads.page({ ...coin, coinName: 'GOGO' }, { offset: 0, limit: 1 })).count).toBe(0);
    });

    it('counts exactly however many come and go at once', async () => {
      const stored = await Promise.all(Array.from({ length: 12 }, () => ready({ coinName: 'GOGOPOOL' })));
      const [first, second, ...rest] = stored;
      if (first === undefined || second === undefined) throw new Error('nothing stored');
      await Promise.all([hide(first), hide(first), hide(second), ready(), ready(), files.release(second, new Date())]);
      const page = await uploads.page(owner, { offset: 0, limit: 100 });
      expect(page.count).toBe(rest.length + 2);
      expect(page.items).toHaveLength(rest.length + 2);
      expect((await uploads.page(coin, { offset: 0, limit: 100 })).count).toBe(rest.length);
    });

    it('hides a file once, keeps its record for the grace period and lets it be released after', async () => {
      const file = await ready({ coinName: 'GOGOPOOL' });
      const hidden = await hide(file);
      expect(hidden).toMatchObject({ state: 'ready', rev: file.rev + 1, dueAt: hidden?.expiresAt });
      const ticket = { TableName: table.name, Key: ticketKey(file.id) };
      const ttl = Math.ceil(Number(hidden?.expiresAt) / 1000);
      expect((await table.documents.send(new GetCommand(ticket))).Item).toMatchObject({ ttl });
      expect(await hide(file)).toBeUndefined();
      expect(await files.get(file.id)).toEqual(hidden);
      expect(await idsOf(owner, 0)).toEqual([]);
      expect(await idsOf(coin, 0)).toEqual([]);
      expect((await files.listDue(new Date(Date.now() + 120_000), { limit: 5 })).map(({ id }) => id)).toEqual([
        file.id,
      ]);
      expect(hidden && (await files.release(hidden, new Date()))).toBe(true);
      await files.remove(file.id);
      const left = (await allItems(table)).filter(({ sk }) => !String(sk).startsWith('RANK'));
      expect(left).toEqual([]);
      expect((await uploads.page(owner, { offset: 0, limit: 1 })).count).toBe(0);
    });

    it('takes a listed file that is released out of its lists, once', async () => {
      const [kept, gone] = [await ready(), await ready()];
      const released = await Promise.all([1, 2, 3].map(() => files.release(gone, new Date())));
      expect(released.filter(Boolean)).toHaveLength(1);
      expect(await uploads.page(owner, { offset: 0, limit: 5 })).toMatchObject({ count: 1, items: [{ id: kept.id }] });
    });

    it('finds every position of a list, however its files lie in time and whatever was deleted from it', async () => {
      // Years, days, minutes, one second: every level has neighbours and gaps.
      const seconds = [5, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 3, 2 ** 20 + 4, 2 ** 21 + 2 ** 11, 2 ** 31, 2 ** 31, 2 ** 31];
      const all = await Promise.all(seconds.map((second, index) => ready({ id: idAt(second, index) })));
      const gone = [all[2], all[7]];
      await Promise.all(gone.map((file) => file && hide(file)));
      const expected = all.filter((file) => !gone.includes(file)).map(({ id }) => id);
      expected.reverse();
      for (let offset = 0; offset <= expected.length; offset += 1) {
        for (const limit of [1, 2, 100]) {
          expect(await idsOf(owner, offset, limit)).toEqual(expected.slice(offset, offset + limit));
        }
      }
      expect(await uploads.page(owner, { offset: 1000, limit: 5 })).toEqual({ items: [], count: 7, more: false });
    });

    it('walks a list by the file seen last, also when that one is gone meanwhile', async () => {
      const all = (await Promise.all([1, 2, 3, 4, 5].map((n) => ready({ id: idAt(1000 * n) })))).reverse();
      const first = await uploads.after(owner, { id: undefined, limit: 2 });
      expect(first).toMatchObject({ count: 5, more: true, items: [{ id: all[0]?.id }, { id: all[1]?.id }] });
      if (all[1] !== undefined) await hide(all[1]);
      const second = await uploads.after(owner, { id: all[1]?.id, limit: 3 });
      expect(second).toMatchObject({ count: 4, more: false });
      expect(second.items.map(({ id }) => id)).toEqual(all.slice(2).map(({ id }) => id));
    });

    it('renames a pending upload at the revision that was read, and no other', async () => {
      const file = uploadFile();
      await files.reserve(file, []);
      expect(await uploads.rename(file, 'public/user/x.png')).toMatchObject({ key: 'public/user/x.png', rev: 2 });
      expect(await uploads.rename(file, 'public/user/y.png')).toBeUndefined();
      expect(await files.get(file.id)).toMatchObject({ key: 'public/user/x.png', state: 'pending' });
    });
  });
}
