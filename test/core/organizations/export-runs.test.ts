import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { sweepOne } from '#core/files/sweep.ts';
import { exportUrl, storeExport } from '#core/organizations/exports.ts';

import { world, worldTest } from '#test/support/world-test.ts';
import { reconciler } from '../reconcile/support.ts';
import { bytesOf, orgId, reset, userId } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

const store = (text: string, jobId = 'job') =>
  storeExport(world, { orgId, jobId, bytes: bytesOf(text), subject: 'platform' });
const download = async (jobId = 'job', by: string | undefined = userId) =>
  await (await fetch((await exportUrl(world, { orgId, jobId, userId: by })).url)).text();
const exportRecords = async () => (await world.items()).filter(({ ownerType }) => ownerType === 'export');

async function sweep() {
  for (const file of await world.files.listDue(world.clock.now(), { limit: 10 })) await sweepOne(world, file);
}

describe('a job that is run again', () => {
  it('has the new CSV from then on, at a key of its own below the job, and nothing of the old one stays', async () => {
    await store('monday');
    const second = await store('tuesday');
    expect(second.key).toMatch(/^exports\/org\/job\/[0-9a-f]{24}\.csv$/);
    expect(await download()).toBe('tuesday');
    const third = await store('wednesday');
    expect(await download()).toBe('wednesday');
    await world.work();
    expect(await world.objectKeys()).toEqual([third.key]);
    expect(await exportRecords()).toHaveLength(1);
  });

  it('may bring what it brought before, and the same again right away changes nothing', async () => {
    await store('monday');
    await store('tuesday');
    const again = await store('monday');
    expect(await download()).toBe('monday');
    expect(await store('monday')).toEqual(again);
    await world.work();
    expect(await world.objectKeys()).toEqual([again.key]);
  });

  it('leaves a link of a moment ago its minute: the old bytes go with a later message', async () => {
    await store('monday');
    const { url } = await exportUrl(world, { orgId, jobId: 'job', userId });
    await store('tuesday');
    expect(await (await fetch(url)).text()).toBe('monday');
    expect(world.messages).toMatchObject([{ type: 'file.delete' }]);
  });

  it('by many at once ends with one of theirs, whole, and one object', async () => {
    await store('first');
    const runs = await Promise.allSettled(['a', 'b', 'c', 'a'].map((text) => store(text)));
    expect(runs.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(['a', 'b', 'c']).toContain(await download());
    await world.work();
    expect(await world.objectKeys()).toHaveLength(1);
    expect(await exportRecords()).toHaveLength(1);
  });

  it('keeps the CSV it had while the bucket refuses the new one, and leaves nothing of that', async () => {
    const first = await store('monday');
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store('tuesday')).rejects.toThrow();
    world.faults.r2 = undefined;
    expect(await download()).toBe('monday');
    expect(await world.objectKeys()).toEqual([first.key]);
    expect(await exportRecords()).toHaveLength(1);
  });

  it('that was cut off keeps the old CSV, and is swept', async () => {
    const first = await store('monday');
    let away = false;
    world.faults.dynamo = ({ operation }) => {
      // The table goes away for good once the bytes are there.
      away ||= operation === 'GetItem' && world.calls.includes('r2 PutObject');
      return away ? { type: 'AccessDeniedException', message: 'no' } : undefined;
    };
    world.calls.length = 0;
    await expect(store('tuesday')).rejects.toThrow();
    world.faults.dynamo = undefined;
    expect(await world.objectKeys()).toHaveLength(2);
    expect(await download()).toBe('monday');
    world.time.offsetMs = 16 * 60_000;
    await sweep();
    for (const message of world.messages) if (message.type === 'file.delete') await purge(world, message.fileId);
    expect(await world.objectKeys()).toEqual([first.key]);
  });

  it('of another job, or with a name that looks like its key, is another job', async () => {
    await store('of job');
    await store('of job again');
    await store('of job.2', 'job.2');
    expect([await download(), await download('job.2')]).toEqual(['of job again', 'of job.2']);
  });

  it('is kept by reconcile', async () => {
    await store('monday');
    const second = await store('tuesday');
    await world.work();
    world.time.offsetMs = 3 * 3_600_000;
    const report = await reconciler(world)();
    expect([report.objectsWithoutRecord.count, report.recordsWithoutObject.count]).toEqual([0, 0]);
    expect(await world.objectKeys()).toEqual([second.key]);
  });
});

it('the platform downloads the export of any organization it names, without being a member', async () => {
  await store('monday');
  const { url } = await exportUrl(world, { orgId, jobId: 'job' });
  expect(await (await fetch(url)).text()).toBe('monday');
  expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
});
