import { describe, expect, it } from 'vitest';
import { newId, newIncomingKey } from '#core/files/ids.ts';
import { presignParts } from '#core/uploads/part-upload.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { boundWorld, countsOf, reconciler, storedFile } from './support.ts';

const world = boundWorld();
const hour = 3_600_000;
const day = 24 * hour;
const run = (...given: Parameters<ReturnType<typeof reconciler>>) => reconciler(world())(...given);

const begin = (key: string) => world().parts.begin({ bucket: 'default', key }, { contentType: 'text/plain' });
/** As presign leaves one whose record is gone, by a restore of the table for instance. */
const stray = async () => {
  const key = newIncomingKey(newId(world().clock.now()));
  await begin(key);
  return key;
};

describe('uploads in parts without a record', () => {
  it('are ended once they have been found so for days, and those of live records never', async () => {
    // Without any record nothing is taken for a stray one.
    await storedFile(world());
    const request = { userId: 'user', visibility: 'private', originalName: 'a', mimeType: 'text/plain' } as const;
    await presignParts(world(), { ...request, sizeBytes: 9_000_000 }, defaultUploadSettings);
    const [live] = await world().openUploads();
    const lost = await stray();
    expect(countsOf(await run())).toEqual({});
    world().time.offsetMs += 3 * hour;
    const graceMs = 2 * day;
    expect(countsOf(await run({}, { graceMs }))).toEqual({ objectsWithoutRecord: 1 });
    expect(await world().openUploads()).toContain(lost);
    world().time.offsetMs += 20 * hour;
    await run({ dryRun: true }, { graceMs });
    expect(await world().openUploads()).toContain(lost);
    world().time.offsetMs += graceMs - 20 * hour + 1000;
    const report = await run({}, { graceMs });
    expect(report).toMatchObject({ complete: true, removed: { objectsWithoutRecord: 1 } });
    // The live one is over by now, and went with its record.
    expect(report.stuckPending.examples).toHaveLength(1);
    expect(await world().openUploads()).toEqual([]);
    expect(live).toBeDefined();
  });

  it('are left alone where somebody else began them, and more than an accident explains of ours', async () => {
    await storedFile(world());
    await begin('somebody/else.bin');
    for (let index = 0; index < 11; index += 1) await stray();
    world().time.offsetMs += 3 * hour;
    const report = await run();
    expect(report.stopped).toMatchObject([{ reason: 'too_many_orphans', count: 11, limit: 10 }]);
    expect(await world().openUploads()).toHaveLength(12);
    const { stopped } = await run({ dryRun: true });
    expect(await run({ confirm: stopped[0]?.confirm })).toMatchObject({ removed: { objectsWithoutRecord: 11 } });
    expect(await world().openUploads()).toEqual(['somebody/else.bin']);
    await world().objects.abandon({ bucket: 'default', key: 'somebody/else.bin' });
  });
});
