import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect } from 'vitest';
import { formerStateKey } from '#adapters/dynamo/keys.ts';
import { createStateStore } from '#adapters/dynamo/state-store.ts';
import { idOfNamedKey } from '#core/files/ids.ts';
import { type OrganizationFile, objectOf } from '#core/files/record.ts';
import { exportUrl, storeExport } from '#core/organizations/exports.ts';
import { createParent } from '#core/organizations/parents.ts';
import { newUpload } from '#core/organizations/staging.ts';
import { getLiveUpload } from '#core/uploads/own-uploads.ts';
import { bytesOf, join, put, refusalOf, reset, userId } from '#test/core/organizations/support.ts';
import { reconciler } from '#test/core/reconcile/support.ts';
import { uploadFile } from '#test/support/records.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

/** What was stored when ids of dots alone were spelt with underscores: its record says where it is, and nothing else does. */
const csv = bytesOf('of dots');
beforeEach(async () => {
  await reset(world);
  for (const org of ['..', '__']) await join(world, org);
});

const link = async (orgId: string, jobId = 'job') =>
  await (await fetch((await exportUrl(world, { orgId, jobId, userId })).url)).text();
const store = (orgId: string, bytes = csv, jobId = 'job') =>
  storeExport(world, { orgId, jobId, bytes, subject: 'platform' });

/** The export of the organization `..` as the former spelling stored it, as far as it came. */
async function formerExport(state: 'pending' | 'ready'): Promise<OrganizationFile> {
  const template = await store('..', csv, 'template');
  const key = 'exports/__/job.csv';
  const file: OrganizationFile = {
    ...template,
    id: idOfNamedKey(key),
    key,
    originalName: 'job.csv',
    state: 'pending',
    rev: 1,
    dueAt: world.clock.now().getTime() + 600_000,
  };
  expect(await world.organizations.commit([{ kind: 'stage', file }])).toEqual([]);
  if (state === 'pending') return file;
  await world.objects.put(objectOf(file), csv, { contentType: 'text/csv' });
  return (await world.files.markReady(file, world.clock.now())) ?? file;
}

describe('an export under its former key', () => {
  it('is downloaded by its own organization and is not there for the one whose name its key bears', async () => {
    await formerExport('ready');
    expect(await link('..')).toBe('of dots');
    expect(await refusalOf(link('__'))).toMatchObject({ code: 'not_found' });
  });

  it('stays the CSV of its job: the same again is answered the same, another takes its place under a key of today', async () => {
    const former = await formerExport('ready');
    expect(await store('..')).toEqual(former);
    const next = await store('..', bytesOf('other'));
    expect(await link('..')).toBe('other');
    await world.work();
    expect((await world.objectKeys()).sort()).toEqual([next.key, 'exports/~2E~2E/template.csv'].sort());
    expect(next.key).toMatch(/^exports\/~2E~2E\/job\/[0-9a-f]{24}\.csv$/);
  });

  it('that broke off half-way is finished where it was begun', async () => {
    await formerExport('pending');
    expect(await store('..')).toMatchObject({ state: 'ready', key: 'exports/__/job.csv' });
    expect(await link('..')).toBe('of dots');
  });

  it('is neither told to the other organization nor replaced by it, which takes a new job', async () => {
    const former = await formerExport('ready');
    for (const bytes of [csv, bytesOf('of underscores')]) {
      expect(await refusalOf(store('__', bytes))).toMatchObject({ code: 'idempotency_key_reused' });
    }
    expect(await world.files.get(former.id)).toEqual(former);
    expect(await link('..')).toBe('of dots');
    await store('__', bytesOf('of underscores'), 'new-job');
    expect(await link('__', 'new-job')).toBe('of underscores');
  });

  it('is kept by reconcile, and so is a new one beside it', async () => {
    await formerExport('ready');
    const keys = await world.objectKeys();
    world.time.offsetMs = 3 * 3_600_000;
    const report = await reconciler(world)();
    expect([report.objectsWithoutRecord.count, report.recordsWithoutObject.count]).toEqual([0, 0]);
    expect(await world.objectKeys()).toEqual(keys);
  });
});

it('an upload that was presigned under a former key is taken to where its record says', async () => {
  const declared = { mimeType: 'image/jpeg', sizeBytes: csv.length };
  const { file, upload } = await newUpload(world, {
    orgId: '..',
    userId: '..',
    ownerType: 'progress_photo',
    declared,
  });
  const former = { ...file, key: `progress-photos/__/${file.id}.jpg` };
  await join(world, '..', '..');
  await world.organizations.commit([{ kind: 'stage', file: former }]);
  expect(await put(upload, csv)).toBe(200);
  const parent = await createParent(world, {
    kind: 'progress_photo',
    userId: '..',
    uploadIds: [file.id],
    fields: {},
  });
  expect(parent.files.map(({ key }) => key)).toEqual([former.key]);
  expect(await world.objectKeys()).toEqual([former.key]);
});

it('an upload of the user .. opens under the percent signs of its former key', async () => {
  const key = `private/%2E%2E/${crypto.randomUUID()}.txt`;
  const pending = uploadFile({ userId: '..', bucket: 'default', key });
  await world.files.reserve(pending, []);
  await world.objects.put(objectOf(pending), csv, { contentType: 'text/plain' });
  await world.files.markReady(pending, world.clock.now());
  const file = await getLiveUpload(world, { userId: '..', fileId: pending.id });
  const { url } = await world.signer.presignGet(objectOf(file), { expiresInSeconds: 60, mode: 'fresh' });
  expect(await (await fetch(url)).text()).toBe('of dots');
});

it('a state from before states had their app in the key is its own app to read, and to replace', async () => {
  const states = createStateStore(world.table);
  const [own, another] = ['app', 'another'].map((appId) => ({ appId, sessionId: 'session' }));
  if (own === undefined || another === undefined) throw new Error('Two sessions');
  const Item = { ...formerStateKey('session'), appId: 'app', json: '{"a":1}', updatedAt: '2026-01-01T00:00:00.000Z' };
  await world.table.documents.send(new PutCommand({ TableName: world.table.name, Item }));
  expect(await states.get(another)).toBeUndefined();
  expect(await states.put(another, { b: 1 }, world.clock.now())).toBe(true);
  expect(await states.get(own)).toEqual({ state: { a: 1 }, updatedAt: Item.updatedAt });
  expect(await states.put(own, { a: 2 }, world.clock.now())).toBe(true);
  expect((await states.get(own))?.state).toEqual({ a: 2 });
  await world.lifecycle.closeScope({ kind: 'session', sessionId: 'session' }, world.clock.now());
  expect([await states.get(own), await states.get(another)]).toEqual([undefined, undefined]);
});
