import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect } from 'vitest';
import { counterKey } from '#adapters/dynamo/keys.ts';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import type { CounterRef } from '#core/files/record.ts';
import { caller, directUploads, settings, setup } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { sessionFile } from '#test/support/records.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

let direct: ReturnType<typeof directUploads>;
it.beforeAll(async () => {
  direct = directUploads(world);
});
beforeEach(() => direct.reset());

const session = { kind: 'session', appId: 'app', sessionId: 'session' } as const;
const staged = { kind: 'staged', appId: 'app', userId: 'user' } as const;

/** As if so many files of one byte were stored. */
const hold = (counter: CounterRef, files: number) =>
  world.table.documents.send(
    new UpdateCommand({
      TableName: world.table.name,
      Key: counterKey(counter),
      UpdateExpression: 'ADD usedBytes :files, fileCount :files',
      ExpressionAttributeValues: { ':files': files },
    }),
  );

describe('the number of files is limited however small they are', () => {
  it.each([
    ['of a session', session, { kind: 'session', ...caller } as const, 4000],
    ['staged by a user', staged, setup, 1000],
  ])('%s, also when many come at once', async (_, counter, target, limitFiles) => {
    await hold(counter, limitFiles - 3);
    const asked = Array.from({ length: 8 }, () => direct.presign({ target, sizeBytes: 1 }));
    const results = await Promise.allSettled(asked);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(refused).toHaveLength(5);
    for (const error of refused) {
      expect(error).toMatchObject({
        code: expect.stringMatching(/_quota_exceeded$/),
        details: { limitFiles, usedFiles: limitFiles, requestedBytes: 1 },
      });
    }
    expect((await world.files.usage(counter)).fileCount).toBe(limitFiles);
  });

  it('of a session that a claim would fill', async () => {
    const file = await storeImage(world, { target: setup, bytes: await jpegPhoto(), originalName: 'p.jpg' }, settings);
    await hold(session, 4000);
    const config = { provider: 'chastify_storage', fileId: file.id };
    const target = { type: 'lock', id: 'lock', sessionId: 'session' } as const;
    const claim = claimFiles(world, { appId: 'app', userId: 'user', target, config }, async () => settings);
    expect((await refusalOf(claim)).code).toBe('extension_session_storage_quota_exceeded');
    expect(await world.files.get(file.id)).toMatchObject({ staged: true });
  });

  it('and what has expired gives its place back at once', async () => {
    await direct.presign({ target: setup, sizeBytes: 1 });
    await hold(staged, 999);
    expect((await refusalOf(direct.presign({ target: setup, sizeBytes: 1 }))).code).toBe(
      'extension_staged_user_app_storage_quota_exceeded',
    );
    world.time.offsetMs = 901_000;
    await direct.presign({ target: setup, sizeBytes: 1 });
  });
});

describe('a page of a list', () => {
  it('costs no query for every other file it must not show', async () => {
    for (let index = 0; index < 30; index += 1) await world.files.reserve(sessionFile(), []);
    world.calls.length = 0;
    expect(await world.files.listBySession(caller, { limit: 1 })).toEqual({ items: [] });
    // The page that was asked for, then a hundred at once; beside them, what the session's lock is a clone of.
    expect(world.calls.toSorted()).toEqual(['dynamo GetItem', 'dynamo Query', 'dynamo Query']);
  });
});
