import { afterEach, describe, expect } from 'vitest';
import { defaultSettings } from '#core/extensions/settings.ts';
import { type ImageUpload, storeImage } from '#core/extensions/store-image.ts';
import { purge } from '#core/files/purge.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { underLoad } from '#test/support/load.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);

const settings = { ...defaultSettings, enabled: true };
let photo: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
});
afterEach(async () => {
  await world.reset();
});

const session = { kind: 'session', appId: 'app', userId: 'user', sessionId: 'session', lockId: 'lock' } as const;
const setup = { kind: 'setup', appId: 'app', userId: 'user' } as const;
const upload = (more: Partial<ImageUpload> = {}): ImageUpload => ({
  target: session,
  bytes: photo,
  originalName: 'photo.jpg',
  ...more,
});

/** Times a fault strikes before it stops. */
function times<T>(count: number, fault: T): () => T | undefined {
  let left = count;
  return () => {
    left -= 1;
    return left >= 0 ? fault : undefined;
  };
}

async function expectNothingLeft() {
  expect(await world.items()).toEqual([]);
  expect(await world.objectKeys()).toEqual([]);
}

describe('storing an image', () => {
  it('takes two DynamoDB calls and one R2 call', async () => {
    await storeImage(world, upload(), settings);
    world.calls.length = 0;
    await storeImage(world, upload(), settings);
    expect(world.calls).toEqual(['dynamo TransactWriteItems', 'r2 PutObject', 'dynamo PutItem']);
  });

  it('keeps the record, the object and the counters in step', async () => {
    const file = await storeImage(world, upload(), settings);
    expect(file).toMatchObject({
      state: 'ready',
      sessionId: 'session',
      mimeType: 'image/webp',
      originalName: 'photo.jpg',
    });
    expect(await world.objectKeys()).toEqual([file.key]);
    const head = await world.objects.head(file);
    expect(head).toMatchObject({ sizeBytes: file.sizeBytes, contentType: 'image/webp' });
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
  });

  it('refuses what a limit does not allow, with the numbers, and leaves nothing', async () => {
    const error = await refusalOf(storeImage(world, upload(), { ...settings, maxBytesPerSession: 10 }));
    expect(error).toMatchObject({ code: 'extension_session_storage_quota_exceeded' });
    expect(error.details).toMatchObject({ limitBytes: 10, usedBytes: 0, remainingBytes: 10 });
    await expectNothingLeft();
  });

  it('accepts only the types the administrator allows, whatever the name says', async () => {
    const only = { ...settings, allowedMimePrefixes: ['image/png'] };
    const error = await refusalOf(storeImage(world, upload({ originalName: 'x.png' }), only));
    expect(error).toMatchObject({ code: 'invalid_file_type', details: { detected: 'image/jpeg' } });
    await expectNothingLeft();
  });
});

describe('a failing step leaves nothing', () => {
  it('when the transaction is refused for a reason of its own', async () => {
    world.faults.dynamo = ({ operation }) =>
      operation === 'TransactWriteItems' ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    await expect(storeImage(world, upload(), settings)).rejects.toThrow();
    await expectNothingLeft();
  });

  it('when R2 refuses the object', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    const error = await refusalOf(storeImage(world, upload(), settings));
    expect(error).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 1 });
    await expectNothingLeft();
  });

  it('when the object lands and every answer is lost', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' || operation === 'HeadObject' ? { afterEffect: 'reset' } : undefined;
    await refusalOf(storeImage(world, upload(), settings));
    await expectNothingLeft();
  });

  it('when R2 is down altogether, once it is back and the worker has run', async () => {
    world.faults.r2 = () => 'reset';
    await refusalOf(storeImage(world, upload(), settings));
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: 0, fileCount: 0 });
    expect(world.messages).toHaveLength(1);
    world.faults.r2 = undefined;
    await world.work();
    await expectNothingLeft();
  });

  it('when the record cannot be marked ready', async () => {
    world.faults.dynamo = ({ operation }) =>
      operation === 'PutItem' ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    await refusalOf(storeImage(world, upload(), settings));
    await expectNothingLeft();
  });

  it('when somebody gave the upload up while its bytes were on the way', async () => {
    world.faults.r2 = async ({ operation }) => {
      if (operation !== 'PutObject') return undefined;
      world.faults.r2 = undefined;
      const [file] = await world.files.listDue(new Date(Date.now() + 3_600_000), { limit: 1 });
      if (file) await world.files.release(file, new Date());
      if (file) await purge(world, file.id);
      return undefined;
    };
    expect(await refusalOf(storeImage(world, upload(), settings))).toMatchObject({ code: 'temporarily_unavailable' });
    await expectNothingLeft();
  });

  it('but a lost answer to a step that landed is no failure', async () => {
    world.faults.dynamo = times(1, { afterEffect: 'reset' } as const);
    const file = await storeImage(world, upload(), settings);
    expect(file.state).toBe('ready');
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({ usedBytes: file.sizeBytes, fileCount: 1 });
    world.faults.dynamo = ({ operation }) => (operation === 'PutItem' ? strike() : undefined);
    const strike = times(1, { afterEffect: 'reset' } as const);
    expect((await storeImage(world, upload(), settings)).state).toBe('ready');
    expect(await world.objectKeys()).toHaveLength(2);
  });
});

describe('expired staged files', () => {
  it('hold nobody up: their quota is given back when it is needed', async () => {
    const staged = upload({ target: setup });
    const first = await storeImage(world, staged, settings);
    const tight = { ...settings, maxStagedBytesPerUserPerApp: first.sizeBytes, maxBytesPerApp: first.sizeBytes };
    const refused = await refusalOf(storeImage(world, staged, tight));
    expect(refused.code).toBe('extension_staged_user_app_storage_quota_exceeded');
    world.time.offsetMs = 86_400_001;
    const second = await storeImage(world, staged, tight);
    await world.work();
    expect(await world.objectKeys()).toEqual([second.key]);
  });

  it("of other users do not fill the app's quota either", async () => {
    const first = await storeImage(world, upload({ target: { ...setup, userId: 'another' } }), settings);
    world.time.offsetMs = 86_400_001;
    const stored = await storeImage(world, upload(), { ...settings, maxBytesPerApp: first.sizeBytes });
    expect(await world.files.usage({ kind: 'app', appId: 'app' })).toEqual({
      usedBytes: stored.sizeBytes,
      fileCount: 1,
    });
  });
});

describe('an idempotency key', () => {
  const idempotency = { id: 'key', contentHash: 'hash' };

  it('gives the same file for the same upload, at once or later', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => storeImage(world, upload({ idempotency }), settings)),
    );
    const stored = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []));
    expect(new Set(stored).size).toBe(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'request_in_progress' });
    }
    expect((await storeImage(world, upload({ idempotency }), settings)).id).toBe(stored[0]);
    expect(await world.objectKeys()).toHaveLength(1);
  });

  it('is refused for other content, and free again when the upload failed', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await refusalOf(storeImage(world, upload({ idempotency }), settings));
    world.faults.r2 = undefined;
    await storeImage(world, upload({ idempotency }), settings);
    const other = upload({ idempotency: { id: 'key', contentHash: 'other' } });
    expect((await refusalOf(storeImage(world, other, settings))).code).toBe('idempotency_key_reused');
  });

  it('brings no expired file back', async () => {
    const brief = { ...settings, stagedTtlSeconds: 60 };
    await storeImage(world, upload({ target: setup, idempotency }), brief);
    world.time.offsetMs = 60_000;
    const again = storeImage(world, upload({ target: setup, idempotency }), brief);
    expect((await refusalOf(again)).code).toBe('file_not_found');
  });
});
