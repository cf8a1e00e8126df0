import { afterAll, beforeAll, expect, test } from 'vitest';
import { all, type Integration, integrate } from './fixture.ts';

let world: Integration;
beforeAll(async () => {
  world = await integrate();
});
afterAll(async () => await world.close());

test('a platform gives up what waits, and erases what a former member wrote', async () => {
  const { platform, stowage } = world;
  const org = `org-${crypto.randomUUID().slice(0, 8)}`;
  const ada = `ada-${org}`;
  await platform.members.set(org, ada, 'active');
  const offer = await platform.uploads.presign(org, {
    ownerType: 'message',
    userId: ada,
    mimeType: 'image/png',
    fileSize: 9,
  });
  const given = { orgId: org, userId: ada, uploadId: offer.uploadId };
  await platform.uploads.delete(given);
  await expect(platform.uploads.delete(given)).rejects.toMatchObject({ status: 404, code: 'not_found' });

  const user = { token: await stowage.token({ token_use: 'user', sub: ada }) };
  const rows = { userId: ada, organizationId: org };
  for (const text of ['one', 'two'])
    await stowage.ok('POST', '/messages', { ...user, json: { text, organizationId: org } });
  await platform.members.set(org, ada, 'inactive');
  // What is taken away as it is listed is in nobody's way.
  for await (const { id } of platform.messages.list(rows)) await platform.messages.delete({ userId: ada, id });
  expect(await all(platform.messages.list(rows))).toEqual([]);
});

test('an administrator deletes a file of an organization, and is told where there is none', async () => {
  const { admin, platform } = world;
  const org = `org-${crypto.randomUUID().slice(0, 8)}`;
  const { key } = await platform.exports.run(org, 'job', 'a,b\n');
  expect(key).toBe(`exports/${org}/job.csv`);
  await expect.poll(async () => (await all(admin.listOrganizationUploads(org))).length).toBe(1);
  const [file] = await all(admin.listOrganizationUploads(org));
  const fileId = file?.id ?? '';
  await admin.deleteOrganizationUpload(org, fileId);
  await expect(platform.exports.url(org, 'job')).rejects.toMatchObject({ code: 'not_found' });
  const nothing = admin.deleteOrganizationUpload('elsewhere', fileId);
  await expect(nothing).rejects.toMatchObject({ status: 404, code: 'file_not_found' });
});
