import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from './expectations.ts';
import { openOrganizations, type Row } from './organization-support.ts';
import { type CallOptions, formOf } from './support.ts';

/** What members, the platform and administrators take away again, over HTTP. */
let world: Awaited<ReturnType<typeof openOrganizations>>;
beforeAll(async () => {
  world = await openOrganizations();
});
afterAll(() => world.stowage.close());

const remove = (path: string, as: CallOptions = world.ada.as) => world.stowage.call('DELETE', path, as);
const admin = (): CallOptions => ({ token: world.stowage.dev.adminToken });
const statusOf = async (url: string) => (await fetch(url)).status;

async function photos(count = 1, who = world.ada): Promise<Row> {
  const uploadIds = [];
  for (let n = 0; n < count; n += 1) uploadIds.push(await world.uploaded({}, who.as));
  const made = await world.write('/progress-photos', { uploadIds }, who.as);
  expect(made.status).toBe(201);
  return made.body as Row;
}

describe('a row', () => {
  it('is deleted by its writer: in no list, its links dead, and the second time not there', async () => {
    const [row, kept] = [await photos(2), await photos()];
    const path = `/progress-photos/${row.id}`;
    expect((await remove(path.toUpperCase().replace('/PROGRESS-PHOTOS', '/progress-photos'))).status).toBe(204);
    const listed = (await world.list('/progress-photos')).map(({ id }) => id);
    expect(listed).toContain(kept.id);
    expect(listed).not.toContain(row.id);
    expectError(await remove(path), 404, 'not_found');
    await world.stowage.drain();
    for (const { url } of row.files) expect(await statusOf(url)).toBe(404);
    for (const { url } of kept.files) expect(await statusOf(url)).toBe(200);
  });

  it('of a text alone goes like one with pictures, each by its own room', async () => {
    for (const [path, other] of [
      ['/messages', '/exercise-comments'],
      ['/exercise-comments', '/messages'],
    ]) {
      const json = { text: 'hello', organizationId: world.org };
      const { id } = (await world.write(path ?? '', json)).body as Row;
      expectError(await remove(`${other}/${id}`), 404, 'not_found');
      expect((await remove(`${path}/${id}`)).status).toBe(204);
      expect((await world.list(path ?? '')).map((row) => row.id)).not.toContain(id);
    }
  });

  it("is nobody else's to delete, whomever they name", async () => {
    const row = await photos();
    const path = `/progress-photos/${row.id}`;
    expectError(await remove(path, world.bob.as), 404, 'not_found');
    expectError(await remove(`${path}?userId=${world.ada.userId}`, world.bob.as), 404, 'not_found');
    expectError(await remove(`${path}?userId=${world.bob.userId}`, world.platform), 404, 'not_found');
    expectError(await remove(path, world.platform), 400, 'validation_failed');
    expectError(await remove(`${path}?userId=${world.ada.userId}`, admin()), 403, 'insufficient_scope');
    expectError(await remove('/progress-photos/nothing'), 404, 'not_found');
    expect((await world.list('/progress-photos')).map(({ id }) => id)).toContain(row.id);
  });

  it('of a former member is deleted by the platform, which erases an account so', async () => {
    const { bob, org, platform, member } = world;
    const row = await photos(1, bob);
    await world.write('/messages', { text: 'hello', organizationId: org }, bob.as);
    await member(bob, org, 'inactive');
    expectError(await remove(`/progress-photos/${row.id}`, bob.as), 403, 'not_active_member');
    for (const path of ['/progress-photos', '/messages', `/messages?organizationId=${org}`]) {
      expect(await world.list(path, bob.as), 'who is no member any more is shown nothing').toEqual([]);
    }
    const of = `userId=${bob.userId}`;
    for (const path of ['/progress-photos', '/exercise-comments', '/messages']) {
      for (const { id } of await world.list(`${path}?${of}`, platform)) {
        expect((await remove(`${path}/${id}?${of}`, platform)).status).toBe(204);
      }
      expect(await world.list(`${path}?${of}`, platform)).toEqual([]);
    }
    await world.stowage.drain();
    for (const { url } of row.files) expect(await statusOf(url)).toBe(404);
    await member(bob, org, 'active');
  });
});

describe('an upload', () => {
  const path = (id: string, org = world.org) => `/organizations/${org}/uploads/${id}`;

  it('that waits for its row is given up by its owner or the platform, and is gone for any row', async () => {
    for (const as of [world.ada.as, world.platform]) {
      const id = await world.uploaded();
      expectError(await remove(path(id), world.bob.as), 404, 'not_found');
      expectError(await remove(path(id, world.other)), 404, 'not_found');
      const query = as === world.platform ? `?userId=${world.ada.userId}` : '';
      expect((await remove(`${path(id.toUpperCase())}${query}`, as)).status).toBe(204);
      expectError(await remove(path(id)), 404, 'not_found');
      expectError(await world.write('/progress-photos', { uploadIds: [id] }), 400, 'upload_not_found');
    }
  });

  it('that a row has taken is deleted with the row, and in no other way', async () => {
    const row = await photos();
    expectError(await remove(path(row.files[0]?.uploadId ?? '')), 404, 'not_found');
    expectError(await remove(path('x'.repeat(200))), 400, 'validation_failed');
    expectError(await remove(path(await world.uploaded()), world.nobody.as), 403, 'not_active_member');
  });
});

describe('an administrator', () => {
  const path = (id: string, org = world.org) => `/admin/organizations/${org}/uploads/${id}`;

  it('deletes a file that a row has: the row is listed still, with a link behind which nothing is', async () => {
    const row = await photos(2);
    const [gone, kept] = row.files;
    if (gone === undefined || kept === undefined) throw new Error('no files');
    expectError(await remove(path(gone.uploadId, world.other), admin()), 404, 'file_not_found');
    expect((await remove(path(gone.uploadId), admin())).status).toBe(204);
    await world.stowage.drain();
    expectError(await remove(path(gone.uploadId), admin()), 404, 'file_not_found');
    const listed = (await world.list('/progress-photos')).find(({ id }) => id === row.id);
    expect(listed?.files.map(({ uploadId }) => uploadId)).toEqual([gone.uploadId, kept.uploadId]);
    expect(await Promise.all((listed?.files ?? []).map(({ url }) => statusOf(url)))).toEqual([404, 200]);
    const { items } = (await world.stowage.ok('GET', '/admin/audit?limit=20', admin())) as { items: object[] };
    expect(items).toContainEqual(
      expect.objectContaining({
        action: 'organizations.file.deleted',
        subject: { type: 'file', id: gone.uploadId },
        details: expect.objectContaining({ orgId: world.org, parentId: row.id, userId: world.ada.userId }),
      }),
    );
    expect((await remove(`/progress-photos/${row.id}`)).status).toBe(204);
  });

  it('deletes no document that must be kept', async () => {
    const body = formOf({ bytes: Buffer.from('%PDF-1.7\n%%EOF'), name: 'a.pdf', type: 'application/pdf' });
    const documents = `/platform/organizations/${world.org}/compliance-documents`;
    const made = (await world.stowage.ok('POST', documents, { ...world.platform, body })) as {
      document: { id: string };
    };
    expectError(await remove(path(made.document.id), admin()), 409, 'retained_until');
    await world.stowage.ok('GET', `${documents}/${made.document.id}`, world.platform);
  });
});
