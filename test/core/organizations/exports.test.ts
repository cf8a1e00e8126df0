import { beforeEach, describe, expect } from 'vitest';
import { sweepOne } from '#core/files/sweep.ts';
import { exportUrl, storeExport } from '#core/organizations/exports.ts';
import { workoutMediaUrls } from '#core/organizations/workout-media.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, orgId, refusalOf, reset, userId } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

const csv = bytesOf('name,score\r\n"Ada",1\r\n');
const store = (bytes = csv, jobId = 'job') => storeExport(world, { orgId, jobId, bytes, subject: 'platform' });

describe('an export', () => {
  it('lies under its job, and a member downloads it for a minute', async () => {
    await store();
    expect(await world.objectKeys()).toEqual(['exports/org/job.csv']);
    const { url, expiresAt } = await exportUrl(world, { orgId, jobId: 'job', userId });
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(60_000);
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="job.csv"');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(csv);
  });

  it('takes two transactions, one of them a plain write, and one R2 call', async () => {
    await store();
    expect(world.calls).toEqual(['dynamo TransactWriteItems', 'r2 PutObject', 'dynamo PutItem']);
  });

  it('answers the same bytes the same, at once or later', async () => {
    const stored = await Promise.all([store(), store(), store()]);
    expect(new Set(stored.map(({ id, createdAt }) => `${id} ${createdAt}`)).size).toBe(1);
    expect(await store()).toEqual(stored[0]);
    expect(await world.objects.get({ bucket: 'default', key: 'exports/org/job.csv' }, { maxBytes: 99 })).toEqual(csv);
  });

  it('that broke off half-way is finished by sending it again', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store()).rejects.toThrow();
    expect(await refusalOf(exportUrl(world, { orgId, jobId: 'job', userId }))).toMatchObject({ code: 'not_found' });
    world.faults.r2 = undefined;
    world.faults.dynamo = ({ operation }) =>
      operation === 'PutItem' ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    await expect(store()).rejects.toThrow();
    world.faults.dynamo = undefined;
    expect(await refusalOf(store(bytesOf('other')))).toMatchObject({ code: 'request_in_progress' });
    expect((await store()).state).toBe('ready');
  });

  it('that is never sent again leaves nothing, and one that is about to be swept is not finished any more', async () => {
    world.faults.dynamo = ({ operation }) =>
      operation === 'PutItem' ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    await expect(store()).rejects.toThrow();
    world.faults.dynamo = undefined;
    world.time.offsetMs = 14.5 * 60_000;
    expect(await refusalOf(store())).toMatchObject({ code: 'request_in_progress' });
    world.time.offsetMs = 16 * 60_000;
    for (const file of await world.files.listDue(world.clock.now(), { limit: 10 })) await sweepOne(world, file);
    expect(await world.objectKeys()).toEqual([]);
    expect((await store()).state).toBe('ready');
  });

  it('of one organization is not found in another, and for nobody outside', async () => {
    await store();
    await world.organizations.putMember({ orgId: 'another', userId, status: 'active', updatedAt: '' });
    expect(await refusalOf(exportUrl(world, { orgId: 'another', jobId: 'job', userId }))).toMatchObject({
      code: 'not_found',
    });
    expect(await refusalOf(exportUrl(world, { orgId, jobId: 'job', userId: 'nobody' }))).toMatchObject({
      code: 'not_active_member',
    });
  });
});

describe('media of a workout', () => {
  const urls = (keys: string[], by = userId) => workoutMediaUrls(world, { orgId, userId: by, workoutId: 'w1', keys });

  it('get links that open, the same ones for a while, for one read and a look at each', async () => {
    const key = 'workouts/org/w1/squat photo.jpg';
    await world.objects.put({ bucket: 'default', key }, bytesOf('squat'), { contentType: 'image/jpeg' });
    world.calls.length = 0;
    const { links } = await urls([key]);
    expect(world.calls).toEqual(['dynamo GetItem', 'r2 HeadObject']);
    expect(await (await fetch(links[0]?.url ?? '')).text()).toBe('squat');
    expect(await urls([key])).toEqual({ links, missing: [] });
  });

  it('get no link where nothing lies, and are told so', async () => {
    const [here, gone] = ['workouts/org/w1/here.jpg', 'workouts/org/w1/gone.jpg'];
    await world.objects.put({ bucket: 'default', key: here }, bytesOf('here'), { contentType: 'image/jpeg' });
    const { links, missing } = await urls([gone, here, here]);
    expect([links.map(({ key }) => key), missing]).toEqual([[here, here], [gone]]);
  });

  it.each([
    'workouts/org/w2/photo.jpg',
    'workouts/another/w1/photo.jpg',
    'workouts/org/w1/../w2/photo.jpg',
    'workouts/org/w1/./photo.jpg',
    'workouts/org/w1//photo.jpg',
    'workouts/org/w1/',
    'workouts/org/w1',
    'workouts/org/w10/photo.jpg',
    '/workouts/org/w1/photo.jpg',
    'compliance/org/x.pdf',
    'workouts/org/w1/\ud800',
    `workouts/org/w1/${'x'.repeat(1024)}`,
    '',
  ])('get no link to %j, nor to anything asked for beside it', async (key) => {
    expect(await refusalOf(urls(['workouts/org/w1/photo.jpg', key]))).toMatchObject({ code: 'not_found' });
  });

  it('are for active members', async () => {
    expect(await refusalOf(urls(['workouts/org/w1/a'], 'nobody'))).toMatchObject({ code: 'not_active_member' });
  });
});
