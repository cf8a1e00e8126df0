import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { administrator, type Page } from './admin-support.ts';
import { expectError } from './expectations.ts';
import { eventually, openStowage } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

const { admin, get, stageOne, uploadOne } = administrator(() => ({ stowage, photo }));
const reconcile = () => stowage.ok('POST', '/admin/reconcile', { ...admin(), json: { dryRun: false } });

describe('the list of apps', () => {
  it('has an app as soon as an administrator made something for it, with what it uses now', async () => {
    const before = new Date().toISOString();
    const app = await stowage.app({ maxBytesPerApp: 123_456 });
    const { sizeBytes } = await uploadOne(app);
    const { items } = await get<Page<Record<string, unknown>>>(`/admin/extensions/apps?search=${app.appId}`);
    expect(items).toStrictEqual([
      {
        appId: app.appId,
        enabled: true,
        usedBytes: sizeBytes,
        fileCount: 1,
        maxBytes: 123_456,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    ]);
    expect(String(items[0]?.createdAt) >= before).toBe(true);
  });

  it('goes on behind its cursor, and finds a part of an id in capitals too', async () => {
    const [one, other] = [await stowage.app(), await stowage.app()];
    const seen: string[] = [];
    let cursor = '';
    do {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = await get<Page<{ appId: string }>>(`/admin/extensions/apps?limit=1${query}`);
      seen.push(...page.items.map(({ appId }) => appId));
      cursor = page.cursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining([one.appId, other.appId]));
    const part = one.appId.slice(4).toUpperCase();
    const found = await get<Page<{ appId: string }>>(`/admin/extensions/apps?search=${part}&limit=200`);
    expect(found.items.map(({ appId }) => appId)).toContain(one.appId);
    expectError(await stowage.call('GET', '/admin/extensions/apps?cursor=%23', admin()), 400, 'validation_failed');
  });
});

describe('usage of an app', () => {
  it('by session and by staging user is what they use now, in the order that reconcile saw', async () => {
    const app = await stowage.app();
    const { sizeBytes, id } = await uploadOne(app);
    const staged = await stageOne(app);
    await reconcile();
    await eventually(async () => {
      expect(await get(`${app.admin}/usage?by=session`)).toStrictEqual({
        by: 'session',
        items: [{ sessionId: app.sessionId, usedBytes: sizeBytes, fileCount: 1 }],
      });
    });
    expect(await get(`${app.admin}/usage?by=user&limit=1`)).toStrictEqual({
      by: 'user',
      items: [{ userId: app.userId, usedBytes: staged.sizeBytes, fileCount: 1 }],
    });
    await stowage.ok('DELETE', `${app.admin}/files/${id}`, admin());
    expect(await get(`${app.admin}/usage?by=session`)).toStrictEqual({ by: 'session', items: [] });
  });

  it('by day begins with today as it is', async () => {
    const app = await stowage.app();
    const { sizeBytes } = await uploadOne(app);
    const answer = await get<Page<{ day: string; at: string }>>(`${app.admin}/usage?by=day`);
    const today = answer.items[0];
    expect(answer).toMatchObject({ by: 'day', items: [{ usedBytes: sizeBytes, fileCount: 1 }] });
    expect(today?.at.slice(0, 10)).toBe(today?.day);
    for (const query of [
      '',
      '?by=hour',
      '?by=session&cursor=2026',
      '?by=day&cursor=12:x',
      '?by=user&cursor=2026-01-01',
    ]) {
      const answer = await stowage.call('GET', `${app.admin}/usage${query}`, admin());
      expectError(answer, 400, 'validation_failed');
    }
  });
});
