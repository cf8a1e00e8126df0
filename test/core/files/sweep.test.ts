import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, describe, expect, vi } from 'vitest';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { getOwnFile } from '#core/extensions/session-files.ts';
import { defaultSettings } from '#core/extensions/settings.ts';
import { listStagedFiles } from '#core/extensions/staged-files.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { countersOf, type ExtensionFile, objectOf } from '#core/files/record.ts';
import { expireFile, sweepOne } from '#core/files/sweep.ts';
import { expiryHandler } from '#runtime/expiry-handler.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { sessionFile, stagedFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

let photo: Buffer;
it.beforeAll(async () => {
  photo = await jpegPhoto();
});
afterEach(async () => {
  await world.reset();
});

const settings = { ...defaultSettings, enabled: true };
const owner = { appId: 'app', userId: 'user' };
const hour = 3_600_000;

async function stored(file: ExtensionFile): Promise<ExtensionFile> {
  await world.files.reserve(
    file,
    countersOf(file).map((counter) => ({ counter, limitBytes: 1_000_000 })),
  );
  await world.objects.put(objectOf(file), Buffer.alloc(10), { contentType: 'image/webp' });
  const ready = await world.files.markReady(file, new Date());
  if (ready === undefined) throw new Error('not ready');
  return ready;
}

const stage = () => stored(stagedFile({ sizeBytes: 100, expiresAt: Date.now() + hour }));
const claim = (file: ExtensionFile) =>
  claimFiles(
    world,
    { ...owner, target: { type: 'lock', id: 'lock' }, config: { provider: 'chastify_storage', fileId: file.id } },
    async () => settings,
  );

/** The record of the stream when TTL has removed a file's ticket. */
const alarmOf = (file: { id: string }, sequence: number): DynamoDBRecord => ({
  dynamodb: { Keys: { pk: { S: `FILE#${file.id}` }, sk: { S: 'EXPIRY' } }, SequenceNumber: String(sequence) },
});
const expiry = expiryHandler((fileId) => expireFile(world, fileId));

describe('an expired staged file', () => {
  it('is invisible, unclaimable and uncounted at once, long before anything removes it', async () => {
    const file = await stage();
    world.time.offsetMs = hour + 1000;
    await expect(getOwnFile(world, owner, file.id)).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(claim(file)).rejects.toMatchObject({ code: 'staged_file_expired' });
    const { items, stagedQuota } = await listStagedFiles(world, owner, {}, settings);
    expect(items).toEqual([]);
    expect(stagedQuota).toMatchObject({ bytesUsed: 0, fileCount: 0 });
    expect(await world.files.get(file.id)).toEqual(file);
  });

  it('goes with its alarm, however often that comes', async () => {
    const file = await stage();
    world.time.offsetMs = hour + 1000;
    const records = [1, 2, 3].map((sequence) => alarmOf(file, sequence));
    expect(await expiry({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(await expiry({ Records: records })).toEqual({ batchItemFailures: [] });
    expect(await world.items()).toEqual([]);
    expect(await world.objectKeys()).toEqual([]);
  });

  it('stays when its alarm comes early, or after it was claimed or deleted', async () => {
    const [early, claimed] = [await stage(), await stage()];
    await claim(claimed);
    await expiry({ Records: [alarmOf(early, 1), alarmOf({ id: 'f'.repeat(24) }, 2)] });
    world.time.offsetMs = hour + 1000;
    await expiry({ Records: [alarmOf(claimed, 3)] });
    expect(await world.files.get(early.id)).toEqual(early);
    expect(await world.files.get(claimed.id)).toMatchObject({ state: 'ready', lockId: 'lock' });
  });

  it('that cannot be removed now is where the stream begins again, and those around it are done', async () => {
    const files = [await stage(), await stage(), await stage()];
    world.time.offsetMs = hour + 1000;
    world.faults.r2 = ({ key }) => (key === files[1]?.key ? { status: 403, code: 'AccessDenied' } : undefined);
    vi.spyOn(process.stdout, 'write').mockReturnValueOnce(true);
    const batch = { Records: files.map((file, index) => alarmOf(file, index + 1)) };
    expect(await expiry(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
    expect(await world.objectKeys()).toEqual([files[1]?.key]);
    world.faults.r2 = undefined;
    expect(await expiry(batch)).toEqual({ batchItemFailures: [] });
    expect(await world.objectKeys()).toEqual([]);
    expect(await world.items()).toEqual([]);
  });
});

describe('a full counter', () => {
  it('refuses nobody for the room that another call made free meanwhile', async () => {
    const tight = { ...settings, maxStagedBytesPerUserPerApp: 900_000 };
    const target = { kind: 'setup', ...owner } as const;
    const old = await stored(stagedFile({ sizeBytes: 900_000, expiresAt: Date.now() + hour }));
    world.time.offsetMs = hour + 1000;
    world.faults.dynamo = async ({ operation }) => {
      if (operation !== 'Query') return undefined;
      world.faults.dynamo = undefined;
      await sweepOne(world, old);
      return undefined;
    };
    expect(await storeImage(world, { target, bytes: photo, originalName: 'a.jpg' }, tight)).toMatchObject({
      state: 'ready',
    });
  });
});

describe('an upload that was killed', () => {
  it('gives its Idempotency-Key back with everything else it held', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const dead = sessionFile({ dueAt: Date.now() + 1000 });
    await world.files.reserve(dead, [], idempotency);
    const upload = {
      target: { kind: 'session', ...owner, sessionId: 'session', lockId: 'lock' } as const,
      bytes: photo,
      originalName: 'a.jpg',
      idempotency,
    };
    await expect(storeImage(world, upload, settings)).rejects.toMatchObject({ code: 'request_in_progress' });
    world.time.offsetMs = 2000;
    const [due] = await world.files.listDue(world.clock.now(), { limit: 10 });
    if (due) await sweepOne(world, due);
    const file = await storeImage(world, upload, settings);
    expect(file.state).toBe('ready');
    expect(file).not.toHaveProperty('idempotencyId');
    expect((await storeImage(world, upload, settings)).id).toBe(file.id);
    await world.files.release(file, new Date());
    await expect(storeImage(world, upload, settings)).rejects.toMatchObject({ code: 'file_not_found' });
  });
});
