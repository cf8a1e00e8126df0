import { beforeEach, describe, expect } from 'vitest';
import { sweepOne } from '#core/files/sweep.ts';
import { workoutMediaUrls } from '#core/organizations/workout-media.ts';
import { completeWorkoutMedia, deleteWorkoutMedia, presignWorkoutMedia } from '#core/organizations/workout-uploads.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, join, orgId, put, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest;

const bytes = bytesOf('a squat');
const workout = { orgId, userId, workoutId: 'w1' };
const declared = { mimeType: 'video/mp4', sizeBytes: bytes.byteLength, originalName: 'squat.mp4' };

beforeEach(() => reset(world));

async function sent(of = workout): Promise<string> {
  const upload = await presignWorkoutMedia(world, of, declared);
  expect(await put(upload, bytes)).toBe(200);
  return upload.uploadId;
}

const linksTo = async (key: string) => (await workoutMediaUrls(world, { ...workout, keys: [key] })).links;

describe('an upload for a workout', () => {
  it('becomes media of it, with a key that its links are asked for by', async () => {
    const id = await sent();
    const media = await completeWorkoutMedia(world, workout, id);
    expect(media).toMatchObject({ uploadId: id, key: `workouts/org/w1/${id}.mp4`, originalName: 'squat.mp4' });
    const [link] = await linksTo(media.key);
    const response = await fetch(link?.url ?? '');
    expect(response.headers.get('content-type')).toBe('video/mp4');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(await world.objectKeys()).toEqual([media.key]);
  });

  it('is presigned in one transaction', async () => {
    await presignWorkoutMedia(world, workout, declared);
    expect(world.calls).toEqual(['dynamo TransactWriteItems']);
  });

  it('is completed once, and the same again, at once or later, answers the same', async () => {
    const id = await sent();
    const all = await Promise.all([1, 2, 3].map(() => completeWorkoutMedia(world, workout, id)));
    expect(new Set(all.map((media) => JSON.stringify(media))).size).toBe(1);
    expect(await completeWorkoutMedia(world, workout, id)).toEqual(all[0]);
  });

  it('is media of no other workout, organization or person, and of nothing it was not presigned for', async () => {
    const id = await sent();
    const refused = async (more: Partial<typeof workout>, uploadId = id) =>
      (await refusalOf(completeWorkoutMedia(world, { ...workout, ...more }, uploadId))).code;
    await join(world, 'another');
    await join(world, orgId, 'friend');
    expect(await refused({ workoutId: 'w2' })).toBe('upload_not_found');
    expect(await refused({ orgId: 'another' })).toBe('upload_not_found');
    expect(await refused({ userId: 'friend' })).toBe('upload_not_owned');
    expect(await refused({ userId: 'nobody' })).toBe('not_active_member');
    expect(await refused({}, await uploaded(world))).toBe('validation_failed');
    expect(await refused({}, 'unknown')).toBe('upload_not_found');
    await completeWorkoutMedia(world, workout, id);
    expect(await refused({ userId: 'friend' })).toBe('upload_not_owned');
    expect(await refused({ workoutId: 'w2' })).toBe('upload_not_found');
  });

  it('is an image or a video of up to 100 MB', async () => {
    const mebibyte = 1024 * 1024;
    const refused = async (mimeType: string, sizeBytes: number) =>
      (await refusalOf(presignWorkoutMedia(world, workout, { mimeType, sizeBytes }))).code;
    await presignWorkoutMedia(world, workout, { mimeType: 'video/quicktime', sizeBytes: 100 * mebibyte });
    expect(await refused('video/mp4', 100 * mebibyte + 1)).toBe('file_too_large');
    expect(await refused('image/jpeg', 15 * mebibyte + 1)).toBe('file_too_large');
    expect(await refused('application/pdf', 1)).toBe('invalid_file_type');
  });

  it('leaves nothing when nobody completes it', async () => {
    await sent();
    world.time.offsetMs = 3 * 3_600_000;
    for (const file of await world.files.listDue(world.clock.now(), { limit: 10 })) await sweepOne(world, file);
    expect(await world.objectKeys()).toEqual([]);
  });
});

describe('media of a workout', () => {
  const remove = (uploadId: string, more: { userId?: string | undefined; workoutId?: string } = {}) =>
    deleteWorkoutMedia(world, { ...workout, uploadId, ...more });

  it('are deleted by who uploaded them, and then there is no link any more', async () => {
    const { uploadId, key } = await completeWorkoutMedia(world, workout, await sent());
    await remove(uploadId);
    await world.work();
    expect(await linksTo(key)).toEqual([]);
    expect((await refusalOf(remove(uploadId))).code).toBe('not_found');
  });

  it('are not deleted by another member, nor by way of another workout, but by the platform', async () => {
    const { uploadId } = await completeWorkoutMedia(world, workout, await sent());
    await join(world, orgId, 'friend');
    expect((await refusalOf(remove(uploadId, { userId: 'friend' }))).code).toBe('not_found');
    expect((await refusalOf(remove(uploadId, { userId: 'nobody' }))).code).toBe('not_active_member');
    expect((await refusalOf(remove(uploadId, { workoutId: 'w2' }))).code).toBe('not_found');
    expect((await refusalOf(remove(await sent()))).code).toBe('not_found');
    await remove(uploadId, { userId: undefined });
    await world.work();
    expect((await world.objectKeys()).filter((key) => !key.startsWith('incoming/'))).toEqual([]);
  });
});
