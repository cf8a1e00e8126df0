import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { organizationsOn } from './organization-support.ts';
import { asUser, eventually, formOf, openStowage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

const admin = () => ({ token: stowage.dev.adminToken });
const get = async <T>(path: string) => (await stowage.ok('GET', path, admin())) as T;

interface Page<T> {
  items: T[];
  count?: number;
  cursor?: string;
}
interface Entry {
  id: string;
  by: string | null;
  action: string;
  appId: string | null;
  subject: unknown;
  changes: Record<string, unknown>;
  details: Record<string, unknown>;
}
const audit = async (query: string) => (await get<Page<Entry>>(`/admin/audit?${query}`)).items;

interface Upload {
  id: string;
  state: string;
  signedUrl?: string;
}
const uploadsOf = (app: TestApp, query = '') => get<Page<Upload>>(`/admin/uploads?ownerId=${app.userId}${query}`);

async function storeUpload(app: TestApp, path = '/v1/upload'): Promise<string> {
  const answer = await stowage.ok('POST', path, { ...asUser(app), body: formOf({ bytes: photo, name: 'front.jpg' }) });
  return (answer as { data: { _id: string } }).data._id;
}

describe('the audit', () => {
  it('tells of an app who changed what, newest first, without secrets', async () => {
    const app = await stowage.app();
    const { id, sizeBytes } = fileOf(await upload(stowage, app, { bytes: photo, name: 'front.jpg' }));
    await stowage.ok('PUT', `${app.admin}/file-storage`, { ...admin(), json: { maxImageEdge: 99, enabled: true } });
    await stowage.ok('DELETE', `${app.admin}/files/${id}`, admin());
    await stowage.ok('DELETE', `${app.admin}/developer-keys/${app.keyId}`, admin());
    await eventually(async () => expect(await audit(`appId=${app.appId}`)).toHaveLength(5));

    const entries = await audit(`appId=${app.appId}`);
    expect(entries.map(({ action }) => action).slice(0, 3)).toEqual([
      'app.key.revoked',
      'app.file.deleted',
      'app.settings.changed',
    ]);
    expect(new Set(entries.slice(3).map(({ action }) => action))).toEqual(
      new Set(['app.key.created', 'app.settings.changed']),
    );
    expect(new Set(entries.map(({ by }) => by)).size).toBe(1);
    expect(entries[0]).toMatchObject({ subject: { type: 'key', id: app.keyId }, details: { label: 'test' } });
    expect(entries[1]).toMatchObject({
      subject: { type: 'file', id },
      details: { standing: 'session', originalName: 'front.jpg', sizeBytes, userId: app.userId },
    });
    expect(entries[2]?.changes).toEqual({ maxImageEdge: { from: 2560, to: 99 } });
    expect(JSON.stringify(entries)).not.toContain(app.key.slice(-43));

    const first = await get<Page<Entry>>(`/admin/audit?appId=${app.appId}&limit=2`);
    const rest = await get<Page<Entry>>(`/admin/audit?appId=${app.appId}&limit=200&cursor=${first.cursor}`);
    expect([...first.items, ...rest.items]).toEqual(entries);
    expect((await audit('limit=200')).map(({ id }) => id)).toEqual(expect.arrayContaining(entries.map(({ id }) => id)));
    expectError(await stowage.call('GET', '/admin/audit?cursor=x', admin()), 400, 'validation_failed');
  });

  it('tells of settings of the uploads API, of runs of reconcile that change something, and of nothing that changes nothing', async () => {
    const put = (json: object) => stowage.ok('PUT', '/admin/uploads/settings', { ...admin(), json });
    const { settings } = await get<{ settings: { graceSeconds: number } }>('/admin/uploads/settings');
    const last = async () => (await audit('limit=1'))[0];
    await put({ graceSeconds: 4321 });
    expect(await last()).toMatchObject({
      action: 'uploads.settings.changed',
      changes: { graceSeconds: { from: settings.graceSeconds, to: 4321 } },
    });
    await put({ graceSeconds: settings.graceSeconds });
    const before = await last();
    await put({ graceSeconds: settings.graceSeconds });
    await stowage.ok('POST', '/admin/reconcile', { ...admin(), json: { dryRun: true } });
    expect(await last()).toEqual(before);
    await stowage.ok('POST', '/admin/reconcile', { ...admin(), json: { dryRun: false } });
    expect(await last()).toMatchObject({ action: 'reconcile.run', details: { goesOn: false, confirmed: false } });
  });
});

describe('reports of reconcile', () => {
  it('are kept of every run but dry ones, newest first', async () => {
    const run = (dryRun: boolean) => stowage.ok('POST', '/admin/reconcile', { ...admin(), json: { dryRun } });
    const report = await run(false);
    const reports = () => get<Page<{ id: string; by: string; report: object }>>('/admin/reconcile/reports?limit=100');
    const { items } = await reports();
    const kept = items.find(({ by }) => by === 'administrator');
    expect(kept?.report).toEqual(report);
    expect(items.map(({ id }) => id)).toEqual(
      items
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
    await run(true);
    const own = (await reports()).items.filter(({ by }) => by === 'administrator');
    expect(own[0]).toEqual(kept);
  });
});

describe("a user's uploads", () => {
  it('are listed with links and their number, those that may be restored apart', async () => {
    const app = await stowage.app();
    const made = [await storeUpload(app), await storeUpload(app, '/v1/upload/private'), await storeUpload(app)];
    const [oldest = '', middle = '', newest = ''] = made;
    await stowage.ok('DELETE', `/v1/upload/${newest}`, asUser(app));
    await eventually(async () => expect((await uploadsOf(app)).items).toHaveLength(2));
    const page = await uploadsOf(app);
    expect(page).toMatchObject({
      count: 2,
      items: [
        { id: middle, state: 'ready', public: false, originalName: 'front.jpg', userId: app.userId, deletedAt: null },
        { id: oldest, state: 'ready', public: true },
      ],
    });
    for (const { signedUrl = '' } of page.items) expect((await fetch(signedUrl)).status).toBe(200);
    const first = await uploadsOf(app, '&limit=1&links=false');
    expect(first.items[0]).not.toHaveProperty('signedUrl');
    const second = await uploadsOf(app, `&limit=1&cursor=${first.cursor}`);
    expect(second).toMatchObject({ items: [{ id: oldest }] });
    expect(second).not.toHaveProperty('cursor');
    const deleted = await uploadsOf(app, '&state=deleted');
    expect(deleted).toMatchObject({
      count: 1,
      items: [{ id: newest, state: 'deleted', expiresAt: expect.any(String) }],
    });
    expectError(await stowage.call('GET', '/admin/uploads', admin()), 400, 'validation_failed');
  });

  it('are deleted at once and for good, a deleted one too, and that is written down', async () => {
    const app = await stowage.app();
    const [kept, deleted] = [await storeUpload(app), await storeUpload(app)];
    await stowage.ok('DELETE', `/v1/upload/${deleted}`, asUser(app));
    for (const id of [kept, deleted]) {
      expect((await stowage.call('DELETE', `/admin/uploads/${id}`, admin())).status).toBe(204);
      expectError(await stowage.call('GET', `/v1/upload/${id}`, asUser(app)), 404, 'file_not_found');
    }
    // Which of the two says only whether the clean-up was there first.
    expect([404, 410]).toContain((await stowage.call('POST', `/v1/upload/${deleted}/restore`, asUser(app))).status);
    await stowage.drain();
    await eventually(async () => {
      expect(await uploadsOf(app)).toEqual({ items: [], count: 0 });
      expect(await uploadsOf(app, '&state=deleted')).toEqual({ items: [], count: 0 });
    });
    expectError(await stowage.call('DELETE', `/admin/uploads/${kept}`, admin()), 404, 'file_not_found');
    const inApp = fileOf(await upload(stowage, app, { bytes: photo }));
    expectError(await stowage.call('DELETE', `/admin/uploads/${inApp.id}`, admin()), 404, 'file_not_found');
    const entries = (await audit('limit=50')).filter(({ action }) => action === 'uploads.file.deleted');
    expect(entries.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([kept, deleted].map((id) => ({ type: 'file', id }))),
    );
  });
});

describe("an organization's files", () => {
  it('are listed in every state, newest first, with links to what is there', async () => {
    const { org, platform } = await organizationsOn(stowage);
    const body = formOf({ bytes: Buffer.from('%PDF-1.7\n%%EOF'), name: 'a.pdf', type: 'application/pdf' });
    const { document } = (await stowage.ok('POST', `/platform/organizations/${org}/compliance-documents`, {
      ...platform,
      body,
    })) as { document: { id: string } };
    const list = () => get<Page<Upload>>(`/admin/organizations/${org}/uploads`);
    await eventually(async () => expect((await list()).items.map(({ id }) => id)).toContain(document.id));
    const item = (await list()).items.find(({ id }) => id === document.id);
    expect(item).toMatchObject({
      organizationId: org,
      ownerType: 'compliance_document',
      state: 'kept',
      mimeType: 'application/pdf',
      retainedUntil: expect.any(String),
    });
    expect((await fetch(item?.signedUrl ?? '')).status).toBe(200);
    expect(await get(`/admin/organizations/no-such-organization/uploads`)).toEqual({ items: [] });
  });
});
