import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createAdmin,
  createExtensionBackend,
  createPlatform,
  fileReference,
  type Platform,
} from '../../server/src/index.ts';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { type App, all, type Integration, integrate } from './fixture.ts';

let world: Integration;
let proxy: ApiProxy;
beforeAll(async () => {
  world = await integrate();
  proxy = await startProxy(world.stowage.dev.baseUrl);
});
afterAll(async () => {
  proxy.close();
  await world.close();
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.fault = () => undefined;
});

/** Loses the answer to the first try of everything. */
function loseFirstAnswers(): void {
  const met = new Set<string>();
  proxy.fault = ({ method, path, headers }) => {
    const call = `${method} ${path} ${headers['idempotency-key']}`;
    if (met.has(call)) return undefined;
    met.add(call);
    return 'lost';
  };
}

const platform = () => createPlatform({ baseUrl: proxy.baseUrl, token: world.stowage.dev.platformToken });
const admin = () => createAdmin({ baseUrl: proxy.baseUrl, token: world.stowage.dev.adminToken });
const sessionOf = ({ key, sessionToken }: App) =>
  createExtensionBackend({ baseUrl: proxy.baseUrl, developerKey: key }).session(sessionToken);
const fileCount = async ({ appId }: App) => (await world.admin.storage.get(appId)).usage.fileCount;
const newOrg = () => `org-${crypto.randomUUID().slice(0, 8)}`;

describe('where the answer to every first try is lost', () => {
  beforeEach(loseFirstAnswers);
  afterEach(() => {
    // Each call was sent twice, under one key.
    const keys = proxy.seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys.length).toBeGreaterThan(1);
    for (const key of keys.filter((key) => key !== undefined))
      expect(keys.filter((other) => other === key)).toHaveLength(2);
  });

  test('a form is stored once', async () => {
    const app = await world.app();
    const file = await sessionOf(app).files.upload({ bytes: world.photo, filename: 'a.png' });
    expect((await all(sessionOf(app).files.list())).map(({ id }) => id)).toEqual([file.id]);
    expect(await fileCount(app)).toBe(1);
  });

  test('a direct upload reserves once and is stored once', async () => {
    const app = await world.app({ maxFileBytes: 8 * 1024 * 1024 });
    const session = sessionOf(app);
    const facts = { filename: 'a.png', mimeType: 'image/png', sizeBytes: world.photo.byteLength };
    const { uploadId, uploadUrl, headers } = await session.files.presign(facts);
    await fetch(uploadUrl, { method: 'PUT', headers, body: world.photo });
    const file = await session.files.complete(uploadId);
    expect((await all(session.files.list())).map(({ id }) => id)).toEqual([file.id]);
    expect(await fileCount(app)).toBe(1);
  });

  test('a claim is made once, taken back once, and a file deleted once', async () => {
    const app = await world.app();
    const config = { image: fileReference(await app.stage()) };
    const claim = { userId: app.userId, target: { type: 'lock', id: app.lockId } as const, config };
    const { claimId, claimed } = await platform().claims.create(app.appId, claim);
    expect(claimed).toEqual([config.image.fileId]);
    await platform().claims.rollBack(claimId);
    const file = await sessionOf(app).files.upload({ bytes: world.photo });
    await sessionOf(app).files.delete(file.id);
    expect(await all(sessionOf(app).files.list())).toEqual([]);
    expect(await fileCount(app)).toBe(1);
  });

  test('one developer key is left, and it is the one that was told', async () => {
    const app = await world.app();
    const { key, keyId } = await admin().developerKeys.create(app.appId, 'replacement');
    const keys = await all(world.admin.developerKeys.list(app.appId));
    expect(keys.map((known) => known.keyId)).toEqual([app.keyId, keyId]);
    expect(await sessionOf({ ...app, key }).capabilities()).toMatchObject({ enabled: true });
    await admin().developerKeys.revoke(app.appId, keyId);
    expect(await all(world.admin.developerKeys.list(app.appId))).toHaveLength(1);
  });

  test('an organization gets one document and one export', async () => {
    const org = newOrg();
    const { id } = await platform().compliance.store(org, { bytes: new TextEncoder().encode('%PDF-1.7 signed') });
    const run = await platform().exports.run(org, 'job-1', 'id\n1\n');
    expect(run.key).toBe(`exports/${org}/job-1.csv`);
    await expect.poll(async () => (await all(world.platform.compliance.list(org))).map((one) => one.id)).toEqual([id]);
  });

  test('an event counts once', async () => {
    const { eventId } = await platform().events.lockDeleted(newOrg());
    const bodies = proxy.seen.map(({ path }) => path);
    expect(eventId).not.toBe('');
    expect(bodies).toEqual(['/platform/lifecycle-events', '/platform/lifecycle-events']);
  });
});

test('a process takes up by its own key what another one began, and does nothing twice', async () => {
  const org = newOrg();
  const csv = new Blob(['id,name\n'.padEnd(5 * 1024 * 1024, 'x,y\n')]);
  const options = { idempotencyKey: `nightly-${org}` };
  const run = (client: Platform, bytes = csv) => client.exports.run(org, 'job-1', bytes, options);
  const dying = createPlatform({
    baseUrl: world.stowage.dev.baseUrl,
    token: world.stowage.dev.platformToken,
    retries: 0,
    fetch: async (input, init) => {
      if (String(init?.body).includes('uploadId')) throw new Error('The process ends here');
      return await fetch(input, init);
    },
  });
  await expect(run(dying)).rejects.toMatchObject({ code: 'network_error' });
  await expect(world.platform.exports.url(org, 'job-1')).rejects.toMatchObject({ code: 'not_found' });
  expect(await run(world.platform)).toMatchObject({ jobId: 'job-1', sizeBytes: csv.size });
  for (const bytes of [csv, new Blob([csv, '1'])]) {
    await expect(run(world.platform, bytes)).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  }
  const small = await world.platform.exports.run(org, 'job-2', 'id\n1\n', options);
  expect(await world.platform.exports.run(org, 'job-2', 'id\n1\n', options)).toEqual(small);
});

test('a file that never was is not found, however its deletion is answered first', async () => {
  const session = sessionOf(await world.app());
  const missing = '66f2a1b40a1b2c3d4e5f6071';
  await expect(session.files.delete(missing)).rejects.toMatchObject({ code: 'file_not_found', status: 404 });
  proxy.seen.length = 0;
  const busy = { status: 429, body: '{"message":"Too Many Requests"}', headers: { 'retry-after': '0' } };
  proxy.fault = () => (proxy.seen.length === 1 ? busy : undefined);
  await expect(session.files.delete(missing)).rejects.toMatchObject({ code: 'file_not_found' });
  expect(proxy.seen).toHaveLength(2);
});
