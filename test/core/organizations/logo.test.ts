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

describe('the logo of a member who was removed before it became that', () => {
  const eve = { orgId, userId: 'eve' };
  const remove = () => join(world, orgId, 'eve', 'inactive');
  const logoOf = async () => await world.organizations.getLogo(orgId);
  const fileItems = async () => (await world.items()).filter(({ sk }) => sk === 'FILE');

  async function presignedByEve() {
    await join(world, orgId, 'eve');
    return await presignLogo(world, eve, png);
  }

  it.for([
    ['before its bytes are there', [remove, put]],
    ['after its bytes are there', [put, remove]],
  ] as const)(
    'stays away where the removal came %s: the one before is shown, and its upload goes',
    async ([_, steps]) => {
      const first = await completeLogo(world, who, await uploadedLogo());
      const upload = await presignedByEve();
      for (const step of steps) await step(upload);
      expect(await getLogo(world, who)).toEqual(first);
      expect(await logoOf()).toMatchObject({ logo: first });
      expect((await logoOf()).pendingUploadId).toBeUndefined();
      await purgeAll();
      expect(await world.objectKeys()).toEqual([first.key]);
      expect(await fileItems()).toHaveLength(1);
      expect(await getLogo(world, who)).toEqual(first);
      await join(world, orgId, 'eve');
      expect(await refusalOf(completeLogo(world, eve, upload.uploadId))).toMatchObject({ code: 'upload_not_found' });
    },
  );

  it('stays away where there is none before', async () => {
    await put(await presignedByEve());
    await remove();
    expect(await refusalOf(getLogo(world, who))).toMatchObject({ code: 'not_found' });
    await purgeAll();
    expect(await world.objectKeys()).toEqual([]);
    expect(await fileItems()).toEqual([]);
  });

  it('stays away where the removal comes between the copy and the commit', async () => {
    const first = await completeLogo(world, who, await uploadedLogo());
    await put(await presignedByEve());
    world.calls.length = 0;
    world.faults.dynamo = async ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      world.faults.dynamo = undefined;
      expect(world.calls).toContain('r2 CopyObject');
      await remove();
      return undefined;
    };
    expect(await getLogo(world, who)).toEqual(first);
    await purgeAll();
    expect(await world.objectKeys()).toEqual([first.key]);
    expect(await fileItems()).toHaveLength(1);
  });

  it('is withdrawn once by all who ask at the same moment', async () => {
    const first = await completeLogo(world, who, await uploadedLogo());
    await put(await presignedByEve());
    await remove();
    const logos = await Promise.all(Array.from({ length: 4 }, () => getLogo(world, who)));
    for (const logo of logos) expect(logo).toEqual(first);
    await purgeAll();
    expect(await world.objectKeys()).toEqual([first.key]);
  });

  it('is the logo where they are a member still, whoever asks', async () => {
    const upload = await presignedByEve();
    await put(upload);
    expect(await getLogo(world, who)).toMatchObject({ uploadId: upload.uploadId });
  });

  it('tells who was removed while they asked that they are no member, and leaves the upload', async () => {
    const upload = await presignedByEve();
    await put(upload);
    world.faults.dynamo = async ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      world.faults.dynamo = undefined;
      await join(world, orgId, userId, 'inactive');
      return undefined;
    };
    expect(await refusalOf(getLogo(world, who))).toMatchObject({ code: 'not_active_member' });
    expect(await getLogo(world, eve)).toMatchObject({ uploadId: upload.uploadId });
  });
});
