import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { sweepIncoming, sweepOne } from '#core/files/sweep.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, join, orgId, presign, put, refusalOf, reset } from './support.ts';

const it = worldTest;

beforeEach(() => reset(world));

describe('presigning', () => {
  it('is one transaction and asks R2 nothing', async () => {
    await presign(world);
    expect(world.calls).toEqual(['dynamo TransactWriteItems']);
  });

  it('offers a PUT of exactly what was declared, for ten minutes, and stages it for fifteen', async () => {
    const upload = await presign(world);
    expect(upload).toMatchObject({ method: 'PUT', expiresIn: 600, headers: { 'content-type': 'image/jpeg' } });
    expect(upload.uploadId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const [file] = await world.organizations.getFiles([upload.uploadId]);
    expect(file).toMatchObject({ state: 'pending', key: `progress-photos/user/${upload.uploadId}.jpg`, orgId });
    expect((file?.expiresAt ?? 0) - Date.parse(file?.createdAt ?? '')).toBe(900_000);
    expect(upload.uploadUrl).not.toContain(file?.key);
    expect(await put(upload)).toBe(200);
    expect(await world.objectKeys()).toEqual([file?.incoming?.key]);
  });

  it('lets no other type or length through, and the same PUT again', async () => {
    const upload = await presign(world);
    const otherType = { ...upload, headers: { ...upload.headers, 'content-type': 'text/html' } };
    expect(await put(otherType)).toBe(403);
    expect(await put(upload, bytesOf('longer than declared'))).toBe(403);
    expect(await put(upload)).toBe(200);
    expect(await put(upload)).toBe(200);
  });

  it('is refused to nobodies, inactive members and members of another organization, before the policy is told', async () => {
    await join(world, orgId, 'left', 'inactive');
    await join(world, 'another', 'elsewhere');
    for (const userId of ['nobody', 'left', 'elsewhere']) {
      const refused = { code: 'not_active_member', message: 'Not an active member' };
      expect(await refusalOf(presign(world, { userId }))).toMatchObject(refused);
      expect(await refusalOf(presign(world, { userId, mimeType: 'text/html' }))).toMatchObject(refused);
    }
    expect((await world.items()).filter(({ sk }) => sk === 'FILE')).toEqual([]);
  });

  it('takes a member back as soon as they are active again', async () => {
    await join(world, orgId, 'user', 'inactive');
    await refusalOf(presign(world));
    await join(world, orgId, 'user', 'active');
    await presign(world);
  });

  it('that nothing follows leaves nothing: neither record nor bytes nor marker', async () => {
    const upload = await presign(world);
    await put(upload);
    world.time.offsetMs = 900_001;
    const [due] = await world.files.listDue(world.clock.now(), { limit: 1 });
    expect(due && (await sweepOne(world, due))).toBe(true);
    expect(await world.objectKeys()).toEqual([]);
    expect(await put(upload)).toBe(403);
    world.time.offsetMs += 2 * 3_600_000;
    for (const marker of await world.files.listDueIncoming(world.clock.now(), 10)) await sweepIncoming(world, marker);
    for (const { sk, id } of await world.items()) if (sk === 'FILE') await purge(world, String(id));
    expect(await world.objectKeys()).toEqual([]);
    expect((await world.items()).map(({ sk }) => sk)).toEqual(['MEMBER#user']);
  });
});
