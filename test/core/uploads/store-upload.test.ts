import { describe, expect, it } from 'vitest';
import { sweepOne } from '#core/files/sweep.ts';
import { deleteUpload, getLiveUpload, getUpload, listUploads } from '#core/uploads/own-uploads.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { leftovers, settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const upload = (more: Partial<Parameters<typeof storeUpload>[1]> = {}) => ({
  userId: 'user',
  visibility: 'public' as const,
  bytes: Buffer.from('hello'),
  originalName: 'notes.txt',
  declaredType: '',
  ...more,
});
const store = (more = {}) => storeUpload(world(), upload(more), settings);
const count = async () => (await listUploads(world(), 'user', { page: 1, limit: 10 })).count;

describe('storing an upload', () => {
  it('takes two DynamoDB calls and one R2 call', async () => {
    await store();
    world().calls.length = 0;
    await store();
    expect(world().calls).toEqual(['dynamo TransactWriteItems', 'r2 PutObject', 'dynamo TransactWriteItems']);
  });

  it('keeps the bytes as they came, in the bucket of its kind, under a name that holds nothing of the original', async () => {
    const open = await store({ originalName: '../../secret name.png' });
    const closed = await store({ visibility: 'private', bytes: Buffer.from('%PDF-1.7 x') });
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    expect(open.key).toMatch(new RegExp(`^public/user/${uuid}\\.txt$`));
    expect(closed.key).toMatch(new RegExp(`^private/user/${uuid}\\.pdf$`));
    expect(await world().objectKeys('public')).toEqual([open.key]);
    expect(await world().objectKeys()).toEqual([closed.key]);
    const bytes = await world().objects.get(open, { maxBytes: 100 });
    expect(Buffer.from(bytes ?? []).toString()).toBe('hello');
    expect(await world().objects.head(closed)).toMatchObject({ contentType: 'application/pdf' });
    expect(closed.mimeType).toBe('application/pdf');
  });

  it('finds a folder for every user, whatever the id', async () => {
    const file = await store({ userId: '..' });
    expect(file.key).toMatch(/^public\/~2E~2E\/[0-9a-f-]{36}\.txt$/);
    expect(await world().objectKeys('public')).toEqual([file.key]);
  });

  it('refuses what the administrator does not allow, by what the bytes are, and leaves nothing', async () => {
    const only = { ...settings, allowedTypes: ['image/*'] };
    const refused = await refusalOf(storeUpload(world(), upload({ originalName: 'x.png' }), only));
    expect(refused).toMatchObject({ code: 'invalid_file_type', details: { detected: 'text/plain' } });
    expect(await leftovers(world())).toEqual([]);
  });

  it.each([
    [
      'R2 refuses the object',
      () => {
        world().faults.r2 = () => ({ status: 403, code: 'AccessDenied' });
      },
    ],
    [
      'the record cannot be marked ready',
      () => {
        let transactions = 0;
        world().faults.dynamo = ({ operation }) => {
          if (operation === 'TransactWriteItems') transactions += 1;
          return operation === 'TransactWriteItems' && transactions === 2
            ? { type: 'AccessDeniedException' }
            : undefined;
        };
      },
    ],
    [
      'every answer of R2 is lost',
      () => {
        world().faults.r2 = ({ operation }) => (operation === 'DeleteObject' ? undefined : { afterEffect: 'reset' });
      },
    ],
  ])('leaves nothing and counts nothing when %s', async (_, breakIt) => {
    breakIt();
    expect((await refusalOf(store({ coinName: 'GOGOPOOL' }))).code).toBe('temporarily_unavailable');
    world().faults.r2 = undefined;
    world().faults.dynamo = undefined;
    await world().work();
    expect(await leftovers(world())).toEqual([]);
    expect(await count()).toBe(0);
  });

  it('counts a file once when the answer that it is ready is lost', async () => {
    let struck = false;
    let transactions = 0;
    world().faults.dynamo = ({ operation }) => {
      if (operation !== 'TransactWriteItems') return undefined;
      transactions += 1;
      if (transactions !== 2 || struck) return undefined;
      struck = true;
      return { afterEffect: 'reset' };
    };
    expect((await store()).state).toBe('ready');
    expect(struck).toBe(true);
    expect(await count()).toBe(1);
  });

  it('answers a repeated Idempotency-Key with the first file, unless that was deleted', async () => {
    const idempotency = { id: 'key', contentHash: 'hash' };
    const first = await store({ idempotency });
    expect((await store({ idempotency })).id).toBe(first.id);
    expect((await refusalOf(store({ idempotency: { ...idempotency, contentHash: 'other' } }))).code).toBe(
      'idempotency_key_reused',
    );
    await deleteUpload(world(), { userId: 'user', fileId: first.id }, settings);
    expect((await refusalOf(store({ idempotency }))).code).toBe('file_not_found');
    expect(await count()).toBe(0);
  });
});

describe('deleting an upload', () => {
  const own = (fileId: string) => ({ userId: 'user', fileId });

  it('hides it at once, answers the same again, and takes it away when its grace period is over', async () => {
    const file = await store();
    const deleted = await deleteUpload(world(), own(file.id), { ...settings, graceSeconds: 60 });
    expect(deleted.deletedAt).toBeDefined();
    expect(await deleteUpload(world(), own(file.id), settings)).toEqual(deleted);
    expect(await count()).toBe(0);
    expect(await getUpload(world(), own(file.id))).toEqual(deleted);
    expect((await refusalOf(getLiveUpload(world(), own(file.id)))).code).toBe('file_not_found');
    expect(await sweepOne(world(), deleted)).toBe(false);
    expect(await world().objectKeys('public')).toEqual([file.key]);

    world().time.offsetMs = 61_000;
    expect((await refusalOf(getUpload(world(), own(file.id)))).code).toBe('file_not_found');
    expect((await refusalOf(deleteUpload(world(), own(file.id), settings))).code).toBe('file_not_found');
    for (const due of await world().files.listDue(world().clock.now(), { limit: 10 })) await sweepOne(world(), due);
    expect(await leftovers(world())).toEqual([]);
    expect(await count()).toBe(0);
  });

  it('by many at once counts it out once', async () => {
    const [file] = await Promise.all([store(), store()]);
    await Promise.all(Array.from({ length: 5 }, () => deleteUpload(world(), own(file.id), settings)));
    expect(await count()).toBe(1);
  });

  it("is not possible for another's file, which is not there at all", async () => {
    const file = await store();
    const another = { userId: 'another', fileId: file.id };
    for (const attempt of [
      getUpload(world(), another),
      getLiveUpload(world(), another),
      deleteUpload(world(), another, settings),
    ]) {
      expect(await refusalOf(attempt)).toMatchObject({ code: 'file_not_found' });
    }
    expect(await count()).toBe(1);
  });
});
