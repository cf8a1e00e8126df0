import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, type FileView, fileOf } from './expectations.ts';
import { openTable } from './faults-support.ts';
import { asUser, connect, type Stowage, stage, type TestApp } from './support.ts';

/** What TTL looks at: it is as late as it likes, so the tests decide when it comes. */
const ttl = { aheadMs: 0 };
const day = 86_400_000;

let dir: string;
let cloud: Cloud;
let stowage: Stowage;
let photo: Buffer;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-e2e-'));
  const now = () => Date.now() + ttl.aheadMs;
  [cloud, photo] = await Promise.all([startCloud({ dir, now }), jpegPhoto({ width: 64, height: 48 })]);
  stowage = connect(cloud.dev);
});
afterEach(() => {
  ttl.aheadMs = 0;
  cloud.faults.r2 = undefined;
});
afterAll(async () => {
  await cloud.close();
  rmSync(dir, { recursive: true, force: true });
});

const names = () => cloud.stack.model.functions.map(({ name }) => name);
const expiryWorker = () => names().find((name) => /expiry/i.test(name)) ?? '';
const stageOne = async (app: TestApp, headers = {}): Promise<FileView> => {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'a.jpg');
  return fileOf(await stowage.call('POST', `${app.setup}/stage`, { ...asUser(app), headers, body: form }));
};
const usage = async (app: TestApp) => {
  const answer = await stowage.ok('GET', `${app.admin}/file-storage`, { token: cloud.dev.adminToken });
  return (answer as { usage: unknown }).usage;
};
const stored = async ({ id }: FileView): Promise<boolean> =>
  (await stowage.bucketKeys()).some((key) => key.includes(id));

async function expired(app: TestApp): Promise<FileView> {
  const file = await stageOne(app);
  await sleep(Date.parse(file.expiresAt ?? '') - Date.now() + 50);
  return file;
}

describe('an expired staged file', () => {
  it('is invisible, unclaimable and uncounted at once, while TTL takes its time', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const file = await expired(app);
    expectError(await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app)), 404, 'file_not_found');
    expectError(await stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app)), 404, 'file_not_found');
    const list = await stowage.ok('GET', `${app.setup}/staged`, asUser(app));
    expect(list).toMatchObject({ items: [], stagedQuota: { bytesUsed: 0, fileCount: 0 } });
    const json = {
      userId: app.userId,
      target: { type: 'lock', id: app.lockId },
      config: { provider: 'chastify_storage', fileId: file.id },
    };
    const claim = await stowage.call('POST', `/platform/extensions/${app.appId}/claims`, {
      token: cloud.dev.platformToken,
      json,
    });
    expectError(claim, 410, 'staged_file_expired');
    expect(await stored(file)).toBe(true);
  });

  it('goes when TTL removes its ticket, and gives its room back', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const file = await expired(app);
    ttl.aheadMs = 2000;
    // The sweep alone: the schedule would remove the file too.
    expect(await cloud.stack.sweepTtl()).toBeGreaterThan(0);
    await expect.poll(() => stored(file)).toBe(false);
    expect(await usage(app)).toEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('takes no room from who needs it, though nothing has removed it yet', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const file = await expired(app);
    const json = { maxStagedBytesPerUserPerApp: file.sizeBytes, maxBytesPerApp: file.sizeBytes };
    await stowage.ok('PUT', `${app.admin}/file-storage`, { token: cloud.dev.adminToken, json });
    await sleep(1100);
    expect((await stage(stowage, app, { bytes: photo })).status).toBe(201);
  });
});

describe('the stream of the table', () => {
  it('wakes the worker for tickets alone, and a ticket of a claimed file does nothing', async () => {
    ttl.aheadMs = day;
    await cloud.drain();
    ttl.aheadMs = 0;
    const app = await stowage.app({ stagedTtlSeconds: 60 });
    const [claimed, kept] = [await stageOne(app, { 'idempotency-key': 'a' }), await stageOne(app)];
    const json = {
      userId: app.userId,
      target: { type: 'lock', id: app.lockId },
      config: { provider: 'chastify_storage', fileId: claimed.id },
    };
    await stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { token: cloud.dev.platformToken, json });
    await cloud.drain();
    // Two tickets and the Idempotency-Key's record are over for TTL; for the files' own clock nothing is.
    ttl.aheadMs = 2 * day;
    const report = await cloud.drain();
    expect(report).toMatchObject({ finished: true, failed: {}, left: {} });
    expect(report.ran.ttl).toBe(3);
    expect(report.ran[expiryWorker()]).toBe(2);
    expect(await stored(claimed)).toBe(true);
    expect(await stored(kept)).toBe(true);
  });

  it('notes what fails for good in the dead letters after bounded tries, one bad file keeps no other, and the schedule has the rest', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const files = [await stageOne(app), await stageOne(app), await stageOne(app)];
    const bad = await expired(app);
    let tries = 0;
    cloud.faults.r2 = ({ operation, key }) => {
      if (operation !== 'DeleteObject' || !key?.includes(bad.id)) return undefined;
      tries += 1;
      return { status: 403, code: 'AccessDenied' };
    };
    ttl.aheadMs = 2000;
    const report = await cloud.drain();
    expect(report.finished).toBe(true);
    expect(report.failed[expiryWorker()]).toBe(1);
    expect(Object.values(report.left)).toEqual([1]);
    expect(tries).toBeGreaterThanOrEqual(6);
    expect(tries).toBeLessThanOrEqual(24);
    expect(await Promise.all([...files, bad].map(stored))).toEqual([false, false, false, true]);
    expect(await usage(app)).toEqual({ usedBytes: 0, fileCount: 0 });

    cloud.faults.r2 = undefined;
    const table = openTable(cloud);
    for (const item of await table.files()) if (item.id === bad.id) await table.makeDue(item);
    table.close();
    await cloud.drain();
    expect(await stored(bad)).toBe(false);
  });
});
