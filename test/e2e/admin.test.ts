import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import { asBackend, asPage, eventually, openStowage, pathsOf, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto()]);
});
afterAll(() => stowage.close());

const defaults = {
  enabled: false,
  maxFileBytes: 10_485_760,
  maxBytesPerApp: 524_288_000,
  maxBytesPerSession: 52_428_800,
  maxStagedBytesPerUserPerApp: 10_485_760,
  allowedMimePrefixes: ['image/'],
  maxImageEdge: 2560,
  imagePresets: {},
  stagedTtlSeconds: 86_400,
  stateMaxBytes: 65_536,
};

const admin = (json?: unknown) => ({ token: stowage.dev.adminToken, ...(json !== undefined && { json }) });
const storage = ({ appId }: { appId: string }) => `${pathsOf({ appId, sessionId: '' }).admin}/file-storage`;
const usageOf = async (app: TestApp) => ((await stowage.ok('GET', storage(app), admin())) as { usage: unknown }).usage;

let unusedApps = 0;
const unusedApp = () => {
  unusedApps += 1;
  return { appId: `unused-${Date.now()}-${unusedApps}` };
};

describe('settings of an app', () => {
  it("are the contract's until an administrator sets them, and storage is off", async () => {
    const { appId } = unusedApp();
    const answer = await stowage.call('GET', storage({ appId }), admin());
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({ appId, settings: defaults, usage: { usedBytes: 0, fileCount: 0 } });
  });

  it('change by any subset, and two administrators who change different fields both win', async () => {
    const app = unusedApp();
    await Promise.all([
      stowage.ok('PUT', storage(app), admin({ maxImageEdge: 512 })),
      stowage.ok('PUT', storage(app), admin({ stagedTtlSeconds: 60, enabled: true })),
      stowage.ok('PUT', storage(app), admin({ allowedMimePrefixes: ['image/png', 'image/webp'] })),
    ]);
    const settings = {
      ...defaults,
      enabled: true,
      maxImageEdge: 512,
      stagedTtlSeconds: 60,
      allowedMimePrefixes: ['image/png', 'image/webp'],
    };
    expect(await stowage.ok('GET', storage(app), admin())).toMatchObject({ settings });
    const unchanged = await stowage.call('PUT', storage(app), admin({}));
    expect(unchanged.status).toBe(200);
    expect(unchanged.body).toStrictEqual({ ...app, settings, usage: { usedBytes: 0, fileCount: 0 } });
  });

  it.each([
    ['enabled', 'yes'],
    ['maxFileBytes', 0],
    ['maxFileBytes', 104_857_601],
    ['maxBytesPerApp', -1],
    ['maxBytesPerSession', 1.5],
    ['maxStagedBytesPerUserPerApp', '1000'],
    ['maxStagedBytesPerUserPerApp', null],
    ['allowedMimePrefixes', []],
    ['allowedMimePrefixes', ['']],
    ['allowedMimePrefixes', ['application/pdf']],
    ['allowedMimePrefixes', ['image/', 'image/heic']],
    ['allowedMimePrefixes', 'image/'],
    ['maxImageEdge', 0],
    ['stagedTtlSeconds', 0],
    ['stateMaxBytes', 10_000_000],
    ['unknownSetting', 1],
  ])('refuse %s = %j whole', async (name, value) => {
    const app = unusedApp();
    const answer = await stowage.call('PUT', storage(app), admin({ enabled: true, [name]: value }));
    expectError(answer, 400, 'validation_failed', {
      issues: [expect.objectContaining({ message: expect.any(String) })],
    });
    expect(JSON.stringify(answer.body)).toContain(name);
    expect(await stowage.ok('GET', storage(app), admin())).toMatchObject({ settings: defaults });
  });

  it.each(['', 'not json', '[]', '"text"', 'null'])('refuse the body %j', async (body) => {
    const headers = { 'content-type': 'application/json' };
    expectError(
      await stowage.call('PUT', storage(unusedApp()), { ...admin(), headers, body }),
      400,
      'validation_failed',
    );
  });

  it('hold for uploads within a second or two', async () => {
    const app = await stowage.app();
    expect((await upload(stowage, app, { bytes: photo })).status).toBe(201);
    await stowage.ok('PUT', storage(app), admin({ maxImageEdge: 100 }));
    await eventually(async () => {
      expect(fileOf(await upload(stowage, app, { bytes: photo }))).toMatchObject({ width: 100, height: 75 });
    });
    await stowage.ok('PUT', storage(app), admin({ allowedMimePrefixes: ['image/png'] }));
    await eventually(async () => {
      const answer = await upload(stowage, app, { bytes: photo });
      expectError(answer, 415, 'invalid_file_type', { detected: 'image/jpeg' });
    });
    await stowage.ok('PUT', storage(app), admin({ enabled: false }));
    await eventually(async () => {
      expectError(await upload(stowage, app, { bytes: photo }), 403, 'extension_file_storage_disabled');
    });
    // A lock that runs keeps its pictures.
    const { items } = (await stowage.ok('GET', app.files, asPage(app))) as {
      items: { id: string; signedUrl: string }[];
    };
    expect(items.length).toBeGreaterThan(0);
    expect((await fetch(items[0]?.signedUrl ?? '')).status).toBe(200);
    await stowage.ok('GET', `${app.files}/${items[0]?.id}`, asPage(app));
  });
});

describe('usage of an app', () => {
  it('is the exact sum of its files, staged ones too', async () => {
    const app = await stowage.app();
    const files = [
      fileOf(await upload(stowage, app, { bytes: photo })),
      fileOf(await upload(stowage, app, { bytes: photo })),
      fileOf(await stage(stowage, app, { bytes: photo })),
    ];
    const usedBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(await usageOf(app)).toStrictEqual({ usedBytes, fileCount: 3 });
    const [first] = files;
    await stowage.ok('DELETE', `${app.files}/${first?.id}`, asBackend(app));
    expect(await usageOf(app)).toStrictEqual({ usedBytes: usedBytes - (first?.sizeBytes ?? 0), fileCount: 2 });
  });
});

describe('developer keys', () => {
  it('are shown once and listed without secrets, oldest first', async () => {
    const { appId } = unusedApp();
    const path = `/admin/extensions/apps/${appId}/developer-keys`;
    expect(await stowage.ok('GET', path, admin())).toStrictEqual({ items: [] });
    const created = await stowage.call('POST', path, admin({ label: '  first  ' }));
    expect(created.status).toBe(201);
    expect(created.body).toStrictEqual({
      keyId: expect.stringMatching(/^[0-9a-f]{24}$/),
      appId,
      label: 'first',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      key: expect.stringMatching(new RegExp(`^sk_${appId}_[A-Za-z0-9_-]{43}$`)),
    });
    await stowage.ok('POST', path, admin({ label: 'second' }));
    const listed = (await stowage.ok('GET', path, admin())) as { items: Record<string, unknown>[] };
    const { key, ...shown } = created.body as Record<string, string>;
    expect(listed.items).toStrictEqual([
      shown,
      { ...shown, keyId: expect.any(String), label: 'second', createdAt: expect.any(String) },
    ]);
    expect(JSON.stringify(listed)).not.toContain(key?.slice(-43));
  });

  it.each([
    {},
    { label: '' },
    { label: '   ' },
    { label: 'x'.repeat(101) },
    { label: 1 },
    { label: 'a', keyId: 'mine' },
  ])('are not created from %j', async (json) => {
    const answer = await stowage.call('POST', `/admin/extensions/apps/some-app/developer-keys`, admin(json));
    expectError(answer, 400, 'validation_failed');
  });

  it('are refused within a second or two of being revoked, while others of the app still work', async () => {
    const app = await stowage.app();
    const keys = `${app.admin}/developer-keys`;
    const { key } = (await stowage.ok('POST', keys, admin({ label: 'second' }))) as { key: string };
    const file = fileOf(await upload(stowage, app, { bytes: photo }));

    const revoked = await stowage.call('DELETE', `${keys}/${app.keyId}`, admin());
    expect(revoked.status).toBe(204);
    await eventually(async () => {
      expectError(await stowage.call('GET', `${app.files}/${file.id}`, asBackend(app)), 401, 'unauthorized');
      expectError(await upload(stowage, app, { bytes: photo }), 401, 'unauthorized');
    });
    expect((await stowage.call('GET', `${app.files}/${file.id}`, asBackend({ ...app, key }))).status).toBe(200);
    expectError(await stowage.call('DELETE', `${keys}/${app.keyId}`, admin()), 404, 'not_found');
    expectError(await stowage.call('DELETE', `${keys}/no-such-key`, admin()), 404, 'not_found');
  });

  it('of one app cannot be revoked through another', async () => {
    const [app, other] = [await stowage.app(), await stowage.app()];
    expectError(await stowage.call('DELETE', `${other.admin}/developer-keys/${app.keyId}`, admin()), 404, 'not_found');
    expect((await upload(stowage, app, { bytes: photo })).status).toBe(201);
  });
});
