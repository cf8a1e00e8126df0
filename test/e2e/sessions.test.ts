import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, expectFile, type FileView, fileOf } from './expectations.ts';
import { type Answer, asBackend, asPage, openStowage, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto()]);
});
afterAll(() => stowage.close());

const itemsOf = (answer: Answer) => (answer.body as { items: FileView[]; cursor?: string }).items;

describe('capabilities of a session', () => {
  it('tell settings and storage as the contract shows them', async () => {
    const app = await stowage.app({ maxFileBytes: 5_000_000 });
    const answer = await stowage.call('GET', `${app.files}/capabilities`, asPage(app));
    expect(answer.status).toBe(200);
    expect(answer.body).toStrictEqual({
      enabled: true,
      provider: 'r2',
      r2Configured: true,
      settings: {
        enabled: true,
        maxFileBytes: 5_000_000,
        maxBytesPerApp: 524_288_000,
        maxBytesPerSession: 52_428_800,
        maxStagedBytesPerUserPerApp: 10_485_760,
        allowedMimePrefixes: ['image/'],
      },
    });
  });

  it('answer while storage is off, where uploads are refused and what is there is shown', async () => {
    const app = await stowage.app({ enabled: false });
    const capabilities = await stowage.ok('GET', `${app.files}/capabilities`, asPage(app));
    expect(capabilities).toMatchObject({ enabled: false, r2Configured: true, settings: { enabled: false } });
    expectError(await upload(stowage, app, { bytes: photo }), 403, 'extension_file_storage_disabled');
    expect(await stowage.ok('GET', app.files, asPage(app))).toEqual({ items: [] });
  });
});

describe('files of a session', () => {
  it('are stored as WebP with the fields of the contract, and readable by page and backend', async () => {
    const app = await stowage.app();
    const answer = await upload(stowage, app, { bytes: photo }, { fields: { purpose: 'puzzle-image' } });
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body as object)).toEqual(['file']);
    const file = fileOf(answer);
    expectFile(file, { purpose: 'puzzle-image', width: 320, height: 240 });
    expect(file.sizeBytes).toBeLessThan(photo.length);
    expect(Math.abs(Date.parse(file.uploadedAt) - Date.now())).toBeLessThan(600_000);

    for (const caller of [asPage(app), asBackend(app)]) {
      const got = await stowage.call('GET', `${app.files}/${file.id}`, caller);
      expect(got.status).toBe(200);
      expect(got.headers.get('cache-control')).toBe('no-store');
      expect(fileOf(got)).toMatchObject({ id: file.id, sizeBytes: file.sizeBytes, uploadedAt: file.uploadedAt });
      expectFile(fileOf(got), { purpose: 'puzzle-image' });
    }
    const bytes = new Uint8Array(await (await fetch(file.signedUrl)).arrayBuffer());
    expect(bytes.length).toBe(file.sizeBytes);
  });

  it('are listed newest first, all of them or page by page', async () => {
    const app = await stowage.app();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      ids.unshift(fileOf(await upload(stowage, app, { bytes: photo, name: `${index}.jpg` })).id);
    }
    const all = await stowage.call('GET', app.files, asPage(app));
    expect(Object.keys(all.body as object)).toEqual(['items']);
    expect(itemsOf(all).map(({ id }) => id)).toEqual(ids);
    for (const [index, file] of itemsOf(all).entries()) expectFile(file, { originalName: `${4 - index}.jpg` });

    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: '2', ...(cursor !== undefined && { cursor }) });
      const page = await stowage.call('GET', `${app.files}?${query}`, asPage(app));
      expect(itemsOf(page).length).toBeLessThanOrEqual(2);
      paged.push(...itemsOf(page).map(({ id }) => id));
      cursor = (page.body as { cursor?: string }).cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(ids);
  });

  it.each(['limit=0', 'limit=two', 'limit=1.5', `cursor=${'x'.repeat(101)}`])(
    'cannot be listed with ?%s',
    async (query) => {
      const { dev, call } = stowage;
      const answer = await call('GET', `/api/extensions/sessions/${dev.sessionId}/files?${query}`, asPage(dev));
      const [field = ''] = query.split('=');
      expectError(answer, 400, 'validation_failed', {
        issues: [{ path: `query.${field}`, message: expect.any(String) }],
      });
    },
  );

  it.each(['garbage', 'e30', '%00', '0'.repeat(24), "' OR 1=1"])(
    'are listed or refused, and never break, at the cursor %s',
    async (cursor) => {
      const app = await stowage.app();
      await upload(stowage, app, { bytes: photo });
      const answer = await stowage.call('GET', `${app.files}?cursor=${encodeURIComponent(cursor)}`, asPage(app));
      if (answer.status !== 200) expectError(answer, 400, 'validation_failed');
    },
  );

  it('are gone at once when deleted, their bytes after the cleanup', async () => {
    const app = await stowage.app();
    const file = fileOf(await upload(stowage, app, { bytes: photo }));
    const key = new URL(file.signedUrl).pathname.split('/').slice(2).join('/');
    expect(await stowage.bucketKeys()).toContain(key);

    const deleted = await stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app));
    expect(deleted.status).toBe(204);
    expect(deleted.body).toBe('');
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, asPage(app)), 404, 'file_not_found');
    expect(itemsOf(await stowage.call('GET', app.files, asPage(app)))).toEqual([]);
    expectError(await stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app)), 404, 'file_not_found');

    expect(await stowage.drain()).toMatchObject({ finished: true, left: {}, failed: {} });
    expect(await stowage.bucketKeys()).not.toContain(key);
    expect((await fetch(file.signedUrl)).status).toBe(404);
  });

  it('can be deleted while storage is off', async () => {
    const app = await stowage.app();
    const file = fileOf(await upload(stowage, app, { bytes: photo }));
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json: { enabled: false } });
    expect((await stowage.call('DELETE', `${app.files}/${file.id}`, asBackend(app))).status).toBe(204);
  });

  it('belong to one app, session and lock', async () => {
    const app = await stowage.app();
    const file = fileOf(await upload(stowage, app, { bytes: photo }));
    const { userId: sub, appId, sessionId } = app;
    const otherLock = await stowage.token({ token_use: 'session', sub, appId, sessionId, lockId: 'another-lock' });
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, { token: otherLock }), 404, 'file_not_found');
    expect(itemsOf(await stowage.call('GET', app.files, { token: otherLock }))).toEqual([]);

    const other = await stowage.app();
    expectError(await stowage.call('GET', `${other.files}/${file.id}`, asPage(other)), 404, 'file_not_found');
    expectError(await stowage.call('DELETE', `${other.files}/${file.id}`, asBackend(other)), 404, 'file_not_found');

    const lockId = app.lockId;
    const stranger = await stowage.app();
    const forged = await stowage.token({ token_use: 'session', sub, appId: stranger.appId, sessionId, lockId });
    expect(itemsOf(await stowage.call('GET', app.files, { token: forged }))).toEqual([]);
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, { token: forged }), 404, 'file_not_found');
  });
});
