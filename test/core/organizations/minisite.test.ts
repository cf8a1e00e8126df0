import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { getMinisite, publishMinisite, visitMinisite } from '#core/organizations/minisite.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { join, orgId, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest;

const who = { orgId, userId };

beforeEach(() => reset(world));

const asset = () => uploaded(world, { ownerType: 'minisite_asset', mimeType: 'image/png' });
const publish = (content: string, assetUploadIds?: string[], by = userId) =>
  publishMinisite(world, { orgId, userId: by, content, assetUploadIds });
const ids = (row: { assets: { uploadId: string }[] }) => row.assets.map(({ uploadId }) => uploadId);
const purgeAll = async () => {
  for (const message of world.messages.splice(0))
    if (message.type === 'file.delete') await purge(world, message.fileId);
};

describe('publishing a minisite', () => {
  it('stores the content and the keys of its assets, in the order they were named', async () => {
    const [first, second] = [await asset(), await asset()];
    const row = await publish('{"title":"Gym"}', [second, first]);
    expect(row).toMatchObject({ content: '{"title":"Gym"}' });
    expect(row.assets.map(({ key }) => key)).toEqual([`minisites/org/${second}.png`, `minisites/org/${first}.png`]);
    expect(await getMinisite(world, who)).toMatchObject({ content: '{"title":"Gym"}', assets: row.assets });
  });

  it('keeps the assets when none are named, and deletes those the page no longer has', async () => {
    const [kept, dropped] = [await asset(), await asset()];
    await publish('{}', [kept, dropped]);
    expect(ids(await publish('{"v":2}'))).toEqual([kept, dropped]);
    const added = await asset();
    expect(ids(await publish('{"v":3}', [added, kept]))).toEqual([added, kept]);
    await purgeAll();
    expect((await world.objectKeys()).sort()).toEqual(
      [`minisites/org/${added}.png`, `minisites/org/${kept}.png`].sort(),
    );
    await publish('{"v":4}', []);
    await purgeAll();
    expect(await world.objectKeys()).toEqual([]);
  });

  it('by two editors at once leaves one page whole, and no asset that is in neither', async () => {
    await publish('{"v":0}', [await asset()]);
    const [left, right] = [await asset(), await asset()];
    await Promise.all([publish('{"v":"left"}', [left]), publish('{"v":"right"}', [right])]);
    await purgeAll();
    const row = await getMinisite(world, who);
    expect(ids(row)).toEqual([row.content.includes('left') ? left : right]);
    expect(await world.objectKeys()).toEqual(row.assets.map(({ key }) => key));
  });

  it('is refused with an upload that is missing, not uploaded yet, of another kind or of another user, and changes nothing', async () => {
    const before = await publish('{"v":1}', [await asset()]);
    await join(world, orgId, 'another');
    await join(world, 'elsewhere');
    const good = await asset();
    const cases: [string, string][] = [
      [crypto.randomUUID(), 'upload_not_found'],
      [await uploaded(world), 'validation_failed'],
      [
        await uploaded(world, { ownerType: 'minisite_asset', mimeType: 'image/png', userId: 'another' }),
        'upload_not_owned',
      ],
      [
        await uploaded(world, { ownerType: 'minisite_asset', mimeType: 'image/png', orgId: 'elsewhere' }),
        'upload_not_found',
      ],
    ];
    for (const [id, code] of cases) expect(await refusalOf(publish('{"v":2}', [good, id]))).toMatchObject({ code });
    const many = Array.from({ length: 16 }, () => crypto.randomUUID());
    expect(await refusalOf(publish('{}', many))).toMatchObject({ code: 'validation_failed' });
    expect(await getMinisite(world, who)).toMatchObject({ content: before.content, assets: before.assets });
  });

  it('takes fifteen new assets and drops fifteen old ones in one go', async () => {
    const first = await Promise.all(Array.from({ length: 15 }, asset));
    await publish('{}', first);
    const second = await Promise.all(Array.from({ length: 15 }, asset));
    expect(ids(await publish('{}', second))).toEqual(second);
    await purgeAll();
    expect(await world.objectKeys()).toHaveLength(15);
  });

  it('and reading it is for active members', async () => {
    expect(await refusalOf(publish('{}', [], 'nobody'))).toMatchObject({ code: 'not_active_member' });
    expect(await refusalOf(getMinisite(world, who))).toMatchObject({ code: 'not_found' });
    await publish('{}');
    const nobody = { orgId, userId: 'nobody' };
    expect(await refusalOf(getMinisite(world, nobody))).toMatchObject({ code: 'not_active_member' });
  });
});

describe('a visitor', () => {
  const visit = (org = orgId) => visitMinisite(world, { orgId: org });
  const open = (content: string, isPublic?: boolean) =>
    publishMinisite(world, { orgId, userId, content, assetUploadIds: undefined, isPublic });

  it('reads a page from when it is published for the public until it is not any more', async () => {
    expect(await refusalOf(visit())).toMatchObject({ code: 'not_found' });
    await open('{"v":1}');
    expect(await refusalOf(visit())).toMatchObject({ code: 'not_found' });
    await open('{"v":2}', true);
    expect(await visit()).toMatchObject({ content: '{"v":2}' });
    await open('{"v":3}');
    expect(await visit()).toMatchObject({ content: '{"v":3}' });
    await open('{"v":4}', false);
    expect(await refusalOf(visit())).toEqual(await refusalOf(visit('nobody')));
  });
});
