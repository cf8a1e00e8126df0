import { beforeEach, describe, expect } from 'vitest';
import { sweepOne } from '#core/files/sweep.ts';
import { completeExport, presignExport } from '#core/organizations/export-uploads.ts';
import { exportUrl, storeExport } from '#core/organizations/exports.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, orgId, put, refusalOf, reset, userId } from './support.ts';

const it = worldTest;

const jobId = 'job';
const job = { orgId, jobId };
const large = Buffer.alloc(6 * 1024 * 1024, 'name,score\r\n');

beforeEach(() => reset(world));

async function sent(bytes = large, of = job): Promise<string> {
  const upload = await presignExport(world, { ...of, subject: 'platform', sizeBytes: bytes.byteLength });
  expect(await put(upload, bytes)).toBe(200);
  return upload.uploadId;
}

const complete = (uploadId: string, of = job) => completeExport(world, { ...of, uploadId });
const store = (text: string) => storeExport(world, { ...job, bytes: bytesOf(text), subject: 'platform' });
const download = async () => await (await fetch((await exportUrl(world, { ...job, userId })).url)).text();

/** All that lies in the bucket for longer than a link that was given out works. */
async function keysLater(): Promise<string[]> {
  world.time.offsetMs = 10 * 60_000;
  await world.work();
  return await world.objectKeys();
}

describe('an export that no request carries', () => {
  it('is the job’s once it is completed, and is downloaded like any other', async () => {
    const id = await sent();
    expect((await refusalOf(exportUrl(world, { ...job, userId }))).code).toBe('not_found');
    const file = await complete(id);
    expect(file).toMatchObject({ id, state: 'ready', sizeBytes: large.byteLength });
    const response = await fetch((await exportUrl(world, { ...job, userId })).url);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="job.csv"');
    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
    expect(await complete(id)).toEqual(file);
    expect(await world.objectKeys()).toEqual([file.key]);
  });

  it('takes the place of one that was stored before, and gives way to one that is stored later', async () => {
    await store('first');
    const file = await complete(await sent());
    expect(await download()).toBe(large.toString());
    expect(await keysLater()).toEqual([file.key]);
    await store('third');
    expect(await download()).toBe('third');
    expect((await refusalOf(complete(file.id))).code).toBe('upload_not_found');
  });

  it('takes the place of one like it', async () => {
    await complete(await sent(bytesOf('one')));
    await complete(await sent(bytesOf('two')));
    expect(await download()).toBe('two');
    expect(await keysLater()).toHaveLength(1);
  });

  it('takes the place of a first one that broke off, which is then a run of its own', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store('first')).rejects.toThrow();
    world.faults.r2 = undefined;
    await complete(await sent());
    expect(await download()).toBe(large.toString());
    await store('first');
    expect(await download()).toBe('first');
    expect(await keysLater()).toHaveLength(1);
  });

  it('of several at once and one in a request, one stays and every download is whole', async () => {
    const texts = ['one', 'two', 'three', 'four'];
    const ids = await Promise.all(texts.map((text) => sent(bytesOf(text))));
    const results = await Promise.allSettled([...ids.map((id) => complete(id)), store('five')]);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect([...texts, 'five']).toContain(await download());
    world.time.offsetMs = 30 * 60_000;
    for (const file of await world.files.listDue(world.clock.now(), { limit: 10 })) await sweepOne(world, file);
    await world.work();
    expect(await world.objectKeys()).toHaveLength(1);
  });

  it('is completed for its own job only, and has at most 100 MB', async () => {
    const id = await sent();
    expect((await refusalOf(complete(id, { orgId, jobId: 'other' }))).code).toBe('upload_not_found');
    expect((await refusalOf(complete(id, { orgId: 'another', jobId }))).code).toBe('upload_not_found');
    const tooLarge = presignExport(world, { ...job, subject: 'p', sizeBytes: 100 * 1024 * 1024 + 1 });
    expect((await refusalOf(tooLarge)).code).toBe('file_too_large');
  });
});
