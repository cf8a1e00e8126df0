import { beforeEach, describe, expect } from 'vitest';
import { purge } from '#core/files/purge.ts';
import { completeLogo, getLogo, presignLogo } from '#core/organizations/logo.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, join, orgId, put, refusalOf, reset, uploaded, userId } from './support.ts';

const it = worldTest;

const who = { orgId, userId };
const png = { mimeType: 'image/png', sizeBytes: 7 };

beforeEach(() => reset(world));

async function uploadedLogo(): Promise<string> {
  const upload = await presignLogo(world, who, png);
  expect(await put(upload)).toBe(200);
  return upload.uploadId;
}

const purgeAll = async () => {
  for (const message of world.messages.splice(0))
    if (message.type === 'file.delete') await purge(world, message.fileId);
};

describe('a logo', () => {
  it('is presigned in one transaction, which remembers the upload on the organization', async () => {
    const upload = await presignLogo(world, who, png);
    expect(world.calls).toEqual(['dynamo TransactWriteItems']);
    expect(await world.organizations.getLogo(orgId)).toMatchObject({ pendingUploadId: upload.uploadId });
  });

  it('becomes the logo on completion, once, and the same completion again answers the same', async () => {
    const id = await uploadedLogo();
    const logo = await completeLogo(world, who, id);
    expect(logo).toMatchObject({ uploadId: id, key: `logos/org/${id}.png` });
    expect(await completeLogo(world, who, id)).toEqual(logo);
    expect(await getLogo(world, who)).toEqual(logo);
    expect(await world.objectKeys()).toEqual([logo.key]);
  });

  it('becomes the logo when it is next asked for, and not before its bytes are there', async () => {
    expect(await refusalOf(getLogo(world, who))).toMatchObject({ code: 'not_found' });
    const upload = await presignLogo(world, who, png);
    expect(await refusalOf(getLogo(world, who))).toMatchObject({ code: 'not_found' });
    await put(upload);
    expect(await getLogo(world, who)).toMatchObject({ uploadId: upload.uploadId });
  });

  it('is asked for with two reads once nothing is pending', async () => {
    await completeLogo(world, who, await uploadedLogo());
    world.calls.length = 0;
    await getLogo(world, who);
    expect(world.calls).toEqual(['dynamo GetItem', 'dynamo GetItem']);
  });

  it('stays the old one while a new one is not uploaded, and until an unfinished one expires', async () => {
    const first = await completeLogo(world, who, await uploadedLogo());
    await presignLogo(world, who, png);
    expect(await getLogo(world, who)).toEqual(first);
    world.time.offsetMs = 25 * 3_600_000;
    expect(await getLogo(world, who)).toEqual(first);
  });

  it('takes the old one away when it is replaced, object and record', async () => {
    await completeLogo(world, who, await uploadedLogo());
    const second = await completeLogo(world, who, await uploadedLogo());
    await purgeAll();
    expect(await world.objectKeys()).toEqual([second.key]);
    expect((await world.items()).filter(({ sk }) => sk === 'FILE')).toHaveLength(1);
  });

  it('is one of the two when two are completed at once, and the other one is gone', async () => {
    await completeLogo(world, who, await uploadedLogo());
    const ids = [await uploadedLogo(), await uploadedLogo()];
    await Promise.all(ids.map((id) => completeLogo(world, who, id)));
    await purgeAll();
    const logo = await getLogo(world, who);
    expect(ids).toContain(logo.uploadId);
    expect(await world.objectKeys()).toEqual([logo.key]);
  });

  it('is settled once when members ask for it and complete it at the same moment', async () => {
    const id = await uploadedLogo();
    const logos = await Promise.all([completeLogo(world, who, id), getLogo(world, who), getLogo(world, who)]);
    expect(new Set(logos.map(({ uploadId }) => uploadId))).toEqual(new Set([id]));
    expect(await world.objectKeys()).toEqual([`logos/org/${id}.png`]);
  });

  it('is refused to who is no member, of what is no logo, and of what another uploaded', async () => {
    const id = await uploadedLogo();
    expect(await refusalOf(getLogo(world, { orgId, userId: 'nobody' }))).toMatchObject({ code: 'not_active_member' });
    expect(await refusalOf(completeLogo(world, { orgId, userId: 'nobody' }, id))).toMatchObject({
      code: 'not_active_member',
    });
    await join(world, orgId, 'another');
    await join(world, 'elsewhere');
    expect(await refusalOf(completeLogo(world, { orgId, userId: 'another' }, id))).toMatchObject({
      code: 'upload_not_owned',
    });
    expect(await refusalOf(completeLogo(world, { orgId: 'elsewhere', userId }, id))).toMatchObject({
      code: 'upload_not_found',
    });
    const photo = await uploaded(world, { bytes: bytesOf('a photo') });
    expect(await refusalOf(completeLogo(world, who, photo))).toMatchObject({ code: 'upload_not_found' });
  });
});
