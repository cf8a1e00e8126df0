import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, expectFile, type FileView, fileOf } from './expectations.ts';
import { type Answer, asUser, eventually, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto()]);
});
afterAll(() => stowage.close());

interface StagedAnswer {
  items: FileView[];
  stagedQuota: { bytesUsed: number; fileCount: number; maxBytes: number; remainingBytes: number };
}

const listStaged = async (app: TestApp, query = '') =>
  (await stowage.ok('GET', `${app.setup}/staged${query}`, asUser(app))) as StagedAnswer;

const quotaOf = (answer: Answer) => (answer.body as StagedAnswer).stagedQuota;

/** The quota of the contract's examples, counted here. */
const quota = (files: FileView[], maxBytes = 10_485_760) => {
  const bytesUsed = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { bytesUsed, fileCount: files.length, maxBytes, remainingBytes: maxBytes - bytesUsed };
};

const staging = (draftId: string | null = null) => ({
  staged: true as const,
  draftId,
  expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
});

describe('capabilities of a setup screen', () => {
  it('tell what is staged as the contract shows it', async () => {
    const app = await stowage.app();
    const empty = await stowage.ok('GET', `${app.setup}/capabilities`, asUser(app));
    expect(empty).toStrictEqual({
      enabled: true,
      provider: 'r2',
      r2Configured: true,
      supportsStagedSetupFiles: true,
      stagedQuota: quota([]),
    });
    const file = fileOf(await stage(stowage, app, { bytes: photo }));
    const answer = await stowage.ok('GET', `${app.setup}/capabilities`, asUser(app));
    expect(answer).toMatchObject({ stagedQuota: quota([file]) });
  });

  it('say that nothing can be staged while storage is off', async () => {
    const app = await stowage.app({ enabled: false });
    const answer = await stowage.ok('GET', `${app.setup}/capabilities`, asUser(app));
    expect(answer).toMatchObject({ enabled: false, r2Configured: true, supportsStagedSetupFiles: false });
    expectError(await stage(stowage, app, { bytes: photo }), 403, 'extension_file_storage_disabled');
    const { call } = stowage;
    expect(await stowage.ok('GET', `${app.setup}/staged`, asUser(app))).toMatchObject({ items: [] });
    expectError(await call('GET', `${app.setup}/${'0'.repeat(24)}`, asUser(app)), 404, 'file_not_found');
  });
});

describe('staged files', () => {
  it('are answered with their quota, and expire after the time the administrator set', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 3600 });
    const answer = await stage(stowage, app, { bytes: photo }, { purpose: 'jigsaw-config-image', draftId: 'draft_1' });
    expect(answer.status).toBe(201);
    expect(Object.keys(answer.body as object).sort()).toEqual(['file', 'stagedQuota']);
    const file = fileOf(answer);
    expectFile(file, { purpose: 'jigsaw-config-image', width: 320, height: 240, ...staging('draft_1') });
    expect(Date.parse(file.expiresAt ?? '') - Date.parse(file.uploadedAt)).toBe(3_600_000);
    expect(quotaOf(answer)).toStrictEqual(quota([file]));
    expect((await fetch(file.signedUrl)).status).toBe(200);
  });

  it('are restored after a reload: all of the user, or those of one purpose or draft', async () => {
    const app = await stowage.app();
    const files: FileView[] = [];
    for (const fields of [{}, { purpose: 'a' }, { purpose: 'b', draftId: 'd1' }, { purpose: 'a', draftId: 'd1' }]) {
      files.unshift(fileOf(await stage(stowage, app, { bytes: photo }, fields)));
    }
    const [both, draft, purpose, neither] = files as [FileView, FileView, FileView, FileView];
    const expected: [string, FileView[]][] = [
      ['', [both, draft, purpose, neither]],
      ['?purpose=a', [both, purpose]],
      ['?draftId=d1', [both, draft]],
      ['?purpose=a&draftId=d1', [both]],
      ['?purpose=unknown', []],
    ];
    for (const [query, found] of expected) {
      const listed = await listStaged(app, query);
      expect(Object.keys(listed).sort()).toEqual(['items', 'stagedQuota']);
      expect(
        listed.items.map(({ id }) => id),
        query,
      ).toEqual(found.map(({ id }) => id));
      expect(listed.stagedQuota).toStrictEqual(quota(files));
    }
    const [first] = (await listStaged(app)).items;
    if (first) expectFile(first, { purpose: 'a', ...staging('d1') });
  });

  it('are refreshed one by one, as the files of a session are not', async () => {
    const app = await stowage.app();
    const file = fileOf(await stage(stowage, app, { bytes: photo }));
    const answer = await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app));
    expect(Object.keys(answer.body as object)).toEqual(['file']);
    expectFile(fileOf(answer), { ...staging() });
    const { token } = asUser(app);
    const session = await stowage.call('GET', `${app.files}/${file.id}`, { token: app.sessionToken });
    expectError(session, 404, 'file_not_found');
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, { token }), 401, 'unauthorized');
  });

  it('free their quota at once when deleted, and their bytes after the cleanup', async () => {
    const app = await stowage.app();
    const file = fileOf(await stage(stowage, app, { bytes: photo }));
    const deleted = await stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
    expect(deleted.status).toBe(204);
    expect(await listStaged(app)).toEqual({ items: [], stagedQuota: quota([]) });
    expectError(await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app)), 404, 'file_not_found');
    const again = await stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
    expectError(again, 404, 'file_not_found');
    expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect((await fetch(file.signedUrl)).status).toBe(404);
  });

  it("are the caller's alone: others neither see, refresh nor delete them", async () => {
    const app = await stowage.app();
    const file = fileOf(await stage(stowage, app, { bytes: photo }));
    const stranger = { ...app, userToken: await stowage.token({ token_use: 'user', sub: 'stranger' }) };
    const elsewhere = await stowage.app();
    for (const caller of [stranger, { ...elsewhere, userToken: app.userToken }]) {
      expect(await listStaged(caller)).toEqual({ items: [], stagedQuota: quota([]) });
      expectError(await stowage.call('GET', `${caller.setup}/${file.id}`, asUser(caller)), 404, 'file_not_found');
      const deleted = await stowage.call('DELETE', `${caller.setup}/staged/${file.id}`, asUser(caller));
      expectError(deleted, 404, 'file_not_found');
    }
    expect((await listStaged(app)).items).toHaveLength(1);
  });

  it('cannot be deleted as staged once they belong to a session', async () => {
    const app = await stowage.app();
    const file = fileOf(await upload(stowage, app, { bytes: photo }));
    expectFile(fileOf(await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app))));
    const deleted = await stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
    expectError(deleted, 404, 'file_not_found');
  });

  it('are invisible, uncounted and unusable the moment they expire, and gone after the cleanup', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const file = fileOf(await stage(stowage, app, { bytes: photo }));
    await sleep(Math.max(0, Date.parse(file.expiresAt ?? '') - Date.now()) + 10);

    expect(await listStaged(app)).toEqual({ items: [], stagedQuota: quota([]) });
    expectError(await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app)), 404, 'file_not_found');
    const deleted = await stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
    expectError(deleted, 404, 'file_not_found');

    // TTL counts whole seconds and comes after the end, never before it.
    await eventually(async () => {
      await stowage.drain();
      expect((await fetch(file.signedUrl)).status).toBe(404);
    });
    const view = await stowage.ok('GET', `${app.admin}/file-storage`, { token: stowage.dev.adminToken });
    expect(view).toMatchObject({ usage: { usedBytes: 0, fileCount: 0 } });
  });
});
