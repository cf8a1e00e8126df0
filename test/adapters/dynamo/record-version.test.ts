import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { fileKey } from '#adapters/dynamo/keys.ts';
import { recordForm } from '#adapters/dynamo/record-version.ts';
import { countersOf, type FileRecord } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import { startDynamo } from '#local/dynamo/server.ts';
import { sessionFile } from '#test/support/records.ts';
import { allItems, createTable, emptyTable } from '#test/support/tables.ts';

describe('the form of a record', () => {
  let server: Awaited<ReturnType<typeof startDynamo>>;
  let table: Table;
  let files: FileStore;

  beforeAll(async () => {
    server = await startDynamo();
    table = await createTable(server.endpoint);
    files = createFileStore(table);
  });
  beforeEach(() => emptyTable(table));
  afterAll(() => server.close());

  async function stored(form: unknown): Promise<FileRecord> {
    const file = sessionFile({ sizeBytes: 700 });
    const limits = countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 }));
    expect(await files.reserve(file, limits)).toEqual({ outcome: 'reserved' });
    const change =
      form === undefined
        ? { UpdateExpression: 'REMOVE v' }
        : { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': form } };
    await table.documents.send(new UpdateCommand({ TableName: table.name, Key: fileKey(file.id), ...change }));
    return file;
  }

  it('is written with every record, and no reader sees it', async () => {
    const file = await stored(recordForm);
    const ready = await files.markReady(file, new Date());
    expect(ready).not.toHaveProperty('v');
    const records = (await allItems(table)).filter(({ sk }) => sk === 'FILE');
    expect(records).toMatchObject([{ state: 'ready', v: recordForm }]);
  });

  it('may be missing, as it was before there were forms, and comes with the next write', async () => {
    const file = await stored(undefined);
    expect(await files.get(file.id)).toEqual(file);
    await files.markReady(file, new Date());
    expect((await allItems(table)).filter(({ sk }) => sk === 'FILE')).toMatchObject([{ v: recordForm }]);
  });

  it.each([[recordForm + 1], ['2']])(
    'of a later build (%j) is neither read nor changed, and says what to do',
    async (form) => {
      const file = await stored(form);
      const before = await allItems(table);
      await expect(files.get(file.id)).rejects.toMatchObject({
        code: 'temporarily_unavailable',
        retryAfterSeconds: 5,
        cause: {
          message: expect.stringMatching(new RegExp(`FILE#${file.id} has the form ${form}, .*deploy a later one`)),
        },
      });
      expect(await allItems(table)).toEqual(before);
    },
  );

  it('of a later build keeps a list from being shown without it', async () => {
    const file = await stored(recordForm);
    await files.markReady(file, new Date());
    const session = { appId: 'app', sessionId: 'session', lockId: 'lock' };
    expect((await files.listBySession(session, { limit: 1 })).items).toMatchObject([{ id: file.id }]);
    const later = { UpdateExpression: 'SET v = :v', ExpressionAttributeValues: { ':v': recordForm + 1 } };
    await table.documents.send(new UpdateCommand({ TableName: table.name, Key: fileKey(file.id), ...later }));
    await expect(files.listBySession(session, { limit: 1 })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      cause: { message: expect.stringContaining(file.id) },
    });
  });
});
