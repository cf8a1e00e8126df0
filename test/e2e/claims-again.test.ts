import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, type FileView, fileOf } from './expectations.ts';
import { asBackend, asUser, eventually, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

interface Claimed {
  claimId: string;
  claimed: string[];
  deleted: string[];
}
interface Saved {
  target?: Record<string, unknown>;
  replace?: boolean;
}

const stageOne = async (app: TestApp) => fileOf(await stage(stowage, app, { bytes: photo }));
const stageMany = (app: TestApp, count: number) => Promise.all(Array.from({ length: count }, () => stageOne(app)));
const asPlatform = () => ({ token: stowage.dev.platformToken });
const lockOf = (app: TestApp) => ({ type: 'lock', id: app.lockId });
const inSession = (app: TestApp) => ({ ...lockOf(app), sessionId: app.sessionId });
const idsOf = (files: FileView[]) => files.map(({ id }) => id).sort();

/** Saves a config that names these files. */
function save(app: TestApp, files: FileView[], { target = lockOf(app), ...more }: Saved = {}) {
  const config = { pictures: files.map(({ id }) => ({ provider: 'chastify_storage', fileId: id })) };
  const json = { userId: app.userId, target, config, ...more };
  return stowage.call('POST', `/platform/extensions/${app.appId}/claims`, { ...asPlatform(), json });
}
async function saved(...given: Parameters<typeof save>): Promise<Claimed> {
  const answer = await save(...given);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as Claimed;
}
const rollBack = (claimId: string) => stowage.call('DELETE', `/platform/extensions/claims/${claimId}`, asPlatform());
const remove = (app: TestApp, { id }: FileView) => stowage.call('DELETE', `${app.setup}/staged/${id}`, asUser(app));
const sessionFiles = async (app: TestApp) =>
  idsOf(((await stowage.ok('GET', app.files, asBackend(app))) as { items: FileView[] }).items);
const usageOf = async (app: TestApp) =>
  ((await stowage.ok('GET', `${app.admin}/file-storage`, { token: stowage.dev.adminToken })) as { usage: unknown })
    .usage;
const bytesOf = (files: FileView[]) => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

describe('a lock that was claimed before it had a session', () => {
  it('brings its files into the session when the same config is claimed with it, and counts them there once', async () => {
    const app = await stowage.app();
    const files = await stageMany(app, 2);
    await saved(app, files);
    expect(await sessionFiles(app)).toEqual([]);
    const target = inSession(app);
    for (let time = 0; time < 3; time += 1) {
      expect((await saved(app, files, { target })).claimed.sort()).toEqual(idsOf(files));
      expect(await sessionFiles(app)).toEqual(idsOf(files));
    }
    expect(await usageOf(app)).toEqual({ usedBytes: bytesOf(files), fileCount: 2 });
    // Room for one more to the byte says what the session counts.
    const limit = bytesOf(files) + (files[0]?.sizeBytes ?? 0);
    const json = { maxBytesPerSession: limit };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json });
    await eventually(async () => {
      const refused = await upload(stowage, app, { bytes: await jpegPhoto({ width: 640, height: 480 }) });
      expectError(refused, 409, 'extension_session_storage_quota_exceeded');
      expect((refused.body as { details: object }).details).toMatchObject({
        limitBytes: limit,
        usedBytes: bytesOf(files),
      });
    });
    expect((await upload(stowage, app, { bytes: photo })).status).toBe(201);
  });

  it('is refused with the session when that has no room, and stays as it was', async () => {
    const app = await stowage.app();
    const files = await stageMany(app, 2);
    await saved(app, files);
    const json = { maxBytesPerSession: bytesOf(files) - 1 };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json });
    await eventually(async () =>
      expectError(await save(app, files, { target: inSession(app) }), 409, 'extension_session_storage_quota_exceeded'),
    );
    expect(await sessionFiles(app)).toEqual([]);
    expect((await remove(app, files[0] as FileView)).status).toBe(404);
  });

  it('leaves the session again when that claim is taken back, and stays with its lock', async () => {
    const app = await stowage.app();
    const files = await stageMany(app, 1);
    await saved(app, files);
    const { claimId } = await saved(app, files, { target: inSession(app) });
    expect((await rollBack(claimId)).status).toBe(204);
    expect(await sessionFiles(app)).toEqual([]);
    const own = fileOf(await stowage.call('GET', `${app.setup}/${files[0]?.id}`, asUser(app)));
    expect(own).not.toHaveProperty('staged');
    expect((await saved(app, files, { target: inSession(app) })).claimId).toBe(claimId);
    expect(await sessionFiles(app)).toEqual(idsOf(files));
  });
});

describe('an id that we made', () => {
  it('is the same in capitals, in paths, bodies and configs', async () => {
    const app = await stowage.app();
    const loud = (files: FileView[]) => files.map((file) => ({ ...file, id: file.id.toUpperCase() }));
    const files = await stageMany(app, 2);
    const { claimId, claimed } = await saved(app, loud(files), { target: inSession(app) });
    expect([...claimed].sort()).toEqual(idsOf(files));
    expect((await saved(app, files, { target: inSession(app) })).claimId).toBe(claimId);
    for (const [path, caller] of [
      [app.setup, asUser(app)],
      [app.files, asBackend(app)],
    ] as const) {
      const answer = await stowage.call('GET', `${path}/${files[0]?.id.toUpperCase()}`, caller);
      expect(fileOf(answer).id).toBe(files[0]?.id);
    }
    expect((await rollBack(claimId.toUpperCase())).status).toBe(204);
    expect((await remove(app, loud(files)[0] as FileView)).status).toBe(204);
  });

  it('and what is none, in a config, is named like a file that is not there', async () => {
    const app = await stowage.app();
    const [file] = (await stageMany(app, 1)) as [FileView];
    const answer = await save(app, [file, { ...file, id: 'photo.png' }]);
    expectError(answer, 404, 'file_not_found');
    const files = [{ fileId: 'photo.png', code: 'file_not_found' }];
    expect((answer.body as { details: unknown }).details).toEqual({ files });
  });
});

describe('a config saved again', () => {
  it('with `replace` releases what it no longer names, and nothing that was uploaded in the session', async () => {
    const app = await stowage.app();
    const target = inSession(app);
    const [a, b, c] = (await stageMany(app, 3)) as [FileView, FileView, FileView];
    const played = fileOf(await upload(stowage, app, { bytes: photo }));
    await saved(app, [a, b], { target });
    const answer = await saved(app, [a, c], { target, replace: true });
    expect(answer).toMatchObject({ deleted: [b.id] });
    expect(answer.claimed.sort()).toEqual(idsOf([a, c]));
    expect(await sessionFiles(app)).toEqual(idsOf([a, c, played]));
    expect(await usageOf(app)).toEqual({ usedBytes: bytesOf([a, c, played]), fileCount: 3 });
    expect(await saved(app, [a, c], { target, replace: true })).toEqual(answer);
    await stowage.drain();
    expect((await fetch(b.signedUrl)).status).toBe(404);
    expectError(await save(app, [a, b], { target, replace: true }), 404, 'file_not_found');
  });

  it('with `replace` is looked at anew when it was saved before: what was saved since goes', async () => {
    const app = await stowage.app();
    const [a, b] = (await stageMany(app, 2)) as [FileView, FileView];
    const first = await saved(app, [a], { replace: true });
    await saved(app, [a, b]);
    expect(await saved(app, [a], { replace: true })).toEqual({ ...first, deleted: [b.id] });
    expect(await usageOf(app)).toEqual({ usedBytes: a.sizeBytes, fileCount: 1 });
  });

  it('with `replace` and no pictures at all releases everything, of its own lock and app alone', async () => {
    const app = await stowage.app();
    const [a, b, c] = (await stageMany(app, 3)) as [FileView, FileView, FileView];
    await saved(app, [a]);
    await saved(app, [b], { target: { type: 'lock', id: `${app.lockId}-other` } });
    await saved(app, [c], { target: { type: 'template', id: app.lockId } });
    expect((await saved(app, [], { replace: true })).deleted).toEqual([a.id]);
    expect(await usageOf(app)).toEqual({ usedBytes: bytesOf([b, c]), fileCount: 2 });
  });

  it('with `replace` makes room in the session for what it brings, in the same step', async () => {
    const app = await stowage.app();
    const target = inSession(app);
    const [a, b] = (await stageMany(app, 2)) as [FileView, FileView];
    const json = { maxBytesPerSession: Math.max(a.sizeBytes, b.sizeBytes) };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json });
    await saved(app, [a], { target });
    await eventually(async () =>
      expectError(await save(app, [a, b], { target }), 409, 'extension_session_storage_quota_exceeded'),
    );
    expect((await saved(app, [b], { target, replace: true })).deleted).toEqual([a.id]);
    expect(await sessionFiles(app)).toEqual([b.id]);
  });

  it('with `replace` of more files than a transaction takes releases them all, and says so', async () => {
    const app = await stowage.app({ maxStagedBytesPerUserPerApp: 50_000_000 });
    const [old, fresh] = [await stageMany(app, 70), await stageMany(app, 60)];
    await saved(app, old);
    const answer = await saved(app, fresh, { replace: true });
    expect(answer.deleted).toEqual(idsOf(old));
    expect(await usageOf(app)).toEqual({ usedBytes: bytesOf(fresh), fileCount: 60 });
    expect(await saved(app, fresh, { replace: true })).toEqual(answer);
  });

  it('lets its owner delete what it no longer names, and keeps what it does', async () => {
    const app = await stowage.app();
    const [a, b, c] = (await stageMany(app, 3)) as [FileView, FileView, FileView];
    await saved(app, [a, b]);
    const { claimId } = await saved(app, [a, c]);
    const stranger = await stowage.app();
    const path = `${app.setup}/staged/${b.id}`;
    expectError(await stowage.call('DELETE', path, asUser(stranger)), 404, 'file_not_found');
    for (const used of [a, c]) expectError(await remove(app, used), 404, 'file_not_found');
    // Saved as it was before, it shows that again.
    await saved(app, [a, b]);
    expectError(await remove(app, b), 404, 'file_not_found');
    await saved(app, [a, c]);
    expect((await remove(app, b)).status).toBe(204);
    expect(await usageOf(app)).toEqual({ usedBytes: bytesOf([a, c]), fileCount: 2 });
    expect((await rollBack(claimId)).status).toBe(204);
    // What stands now is not known for certain, so nothing of it is let go.
    expectError(await remove(app, a), 404, 'file_not_found');
  });
});
