import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toItem } from '#adapters/dynamo/file-item.ts';
import { rankUpdates } from '#adapters/dynamo/upload-rank.ts';
import { createUploadStore } from '#adapters/dynamo/upload-store.ts';
import type { UploadFile } from '#core/files/record.ts';
import { listUploads } from '#core/uploads/own-uploads.ts';
import type { UploadStore } from '#core/uploads/ports.ts';
import { type Dynamo, startDynamo } from '#local/dynamo/server.ts';
import { isLong } from '#test/support/long.ts';
import { uploadFile } from '#test/support/records.ts';
import { createTable, putAll } from '#test/support/tables.ts';

const clock = { now: () => new Date() };
const total = isLong ? 50_000 : 20_000;
const owner = { kind: 'owner', userId: 'user' } as const;

/** One owner who stored some files a second for 42 minutes: the most that has to be skipped is what 4 seconds hold. */
const perSecond = total / 2_500;
const idAt = (index: number) => {
  const second = 0x68_00_00_00 + Math.floor(index / perSecond);
  return second.toString(16) + (index % perSecond).toString(16).padStart(4, '0') + index.toString(16).padStart(12, '0');
};

/** What the transactions of all these files together would have made of the items that count them. */
function ranksOf(files: UploadFile[]): Record<string, unknown>[] {
  const moves = files.map((file) => ({ file, by: 1 }) as const);
  return rankUpdates('any', moves).map(({ Update }) => {
    const values = Object.values(Update?.ExpressionAttributeValues ?? {});
    const names = Object.values(Update?.ExpressionAttributeNames ?? {});
    return { ...Update?.Key, ...Object.fromEntries(names.map((name, index) => [name, values[index]])) };
  });
}

describe(`a list of ${total} files`, () => {
  const reads: { operation: string; items: number }[] = [];
  let dynamo: Dynamo;
  let uploads: UploadStore;
  let stored: UploadFile[];

  beforeAll(async () => {
    dynamo = await startDynamo({ onRequest: ({ operation, items }) => reads.push({ operation, items }) });
    const table = await createTable(dynamo.endpoint);
    uploads = createUploadStore(table);
    stored = Array.from({ length: total }, (_, index) => uploadFile({ id: idAt(index), state: 'ready', rev: 2 }));
    for (const file of stored) delete file.dueAt;
    await putAll(table, stored.map(toItem));
    await putAll(table, ranksOf(stored));
  }, 600_000);
  afterAll(() => dynamo.close());

  const expected = (offset: number, limit: number) =>
    stored
      .slice(Math.max(0, stored.length - offset - limit), Math.max(0, stored.length - offset))
      .reverse()
      .map(({ id }) => id);

  it.each([
    [1, 100, 2],
    [2, 100, 4],
    [total / 100, 100, 4],
    [total, 1, 4],
    [total / 100 + 1, 100, 1],
  ])('gives page %i of %i exactly, for %i reads', async (page, limit, most) => {
    reads.length = 0;
    const found = await listUploads({ uploads, clock }, 'user', { page, limit });
    expect(found.items.map(({ id }) => id)).toEqual(expected((page - 1) * limit, limit));
    expect(found).toMatchObject({ count: total, pages: Math.ceil(total / limit) });
    expect(reads.map(({ operation }) => operation).sort()).toEqual(
      [...Array(most - (most > 1 ? 1 : 0)).fill('GetItem'), ...(most > 1 ? ['Query'] : [])].sort(),
    );
  });

  it('gives the same files when walked by cursor, for two reads a page', async () => {
    const walked: string[] = [];
    let cursor = '';
    for (let page = 0; page < 5; page += 1) {
      reads.length = 0;
      const found = await listUploads({ uploads, clock }, 'user', { page: 1, limit: 100, cursor });
      walked.push(...found.items.map(({ id }) => id));
      cursor = found.cursor ?? '';
      expect(reads).toHaveLength(2);
    }
    expect(walked).toEqual(expected(0, 500));
  });

  it('stays exact in its depth when files in front of a page are deleted', async () => {
    for (let index = 0; index < 300; index += 1) {
      const [file] = stored.splice(stored.length - 1 - index * (total / 500), 1);
      if (file === undefined) throw new Error('no such file');
      await uploads.hide(file, { deletedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) });
    }
    reads.length = 0;
    const offset = total - 1000;
    const found = await uploads.page(owner, { offset, limit: 100 });
    expect(found.items.map(({ id }) => id)).toEqual(expected(offset, 100));
    expect(found.count).toBe(total - 300);
    expect(reads).toHaveLength(4);
  });
});
