import { beforeEach, expect } from 'vitest';
import { storeComplianceDocument } from '#core/organizations/compliance.ts';
import { storeExport } from '#core/organizations/exports.ts';
import { completeLogo } from '#core/organizations/logo.ts';
import { publishMinisite } from '#core/organizations/minisite.ts';
import { createParent } from '#core/organizations/parents.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { reconciler } from '../reconcile/support.ts';
import { bytesOf, orgId, reset, uploaded, userId } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

const run = () => reconciler(world)();

it('reconcile keeps every file of an organization and takes what has no record', async () => {
  const who = { orgId, userId };
  await run();
  await createParent(world, { kind: 'progress_photo', userId, uploadIds: [await uploaded(world)], fields: {} });
  await completeLogo(world, who, await uploaded(world, { ownerType: 'logo' }));
  const assetUploadIds = [await uploaded(world, { ownerType: 'minisite_asset' })];
  await publishMinisite(world, { ...who, content: '{}', assetUploadIds });
  await storeExport(world, { orgId, jobId: crypto.randomUUID(), bytes: bytesOf('a,b'), subject: 'platform' });
  const bytes = bytesOf('%PDF-1.7');
  const document = await storeComplianceDocument(world, { orgId, subject: 'platform', bytes, originalName: 'a.pdf' });
  const media = `workouts/org/w1/${crypto.randomUUID()}.jpg`;
  await world.objects.put({ bucket: 'default', key: media }, bytesOf('x'), { contentType: 'image/jpeg' });
  const ours = (await world.objectKeys()).sort();
  expect(ours).toHaveLength(6);
  expect(ours).toContain(document.key);

  const strays = [`progress-photos/user/${crypto.randomUUID()}.jpg`, 'exports/org/forgotten.csv'];
  for (const key of strays) {
    await world.objects.put({ bucket: 'default', key }, bytesOf('x'), { contentType: 'image/jpeg' });
  }
  world.time.offsetMs = 3 * 3_600_000;
  const report = await run();
  expect(report.objectsWithoutRecord.examples.sort()).toEqual(strays.map((key) => `default ${key}`).sort());
  expect((await world.objectKeys()).sort()).toEqual(ours);
});
