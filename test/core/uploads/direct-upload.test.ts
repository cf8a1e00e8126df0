import { describe, expect, it } from 'vitest';
import type { Presigned } from '#core/files/presign.ts';
import { purge } from '#core/files/purge.ts';
import { sweepIncoming } from '#core/files/sweep.ts';
import { completeDirectUpload, presignUpload } from '#core/uploads/direct-upload.ts';
import { deleteUpload, listUploads } from '#core/uploads/own-uploads.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { leftovers, settings, uploadsWorld } from './support.ts';

const world = uploadsWorld();
const page = '<!doctype html><script>alert(1)</script>';
const presign = (more: Partial<Parameters<typeof presignUpload>[1]> = {}) =>
  presignUpload(
    world(),
    {
      userId: 'user',
      visibility: 'public',
      originalName: 'a.png',
      mimeType: 'image/png',
      sizeBytes: page.length,
      ...more,
    },
    settings,
  );
const put = async (offer: Presigned, body = page) => {
  const answer = await fetch(offer.uploadUrl, { method: offer.method, headers: offer.headers, body });
  expect(answer.status).toBe(200);
};
const complete = (uploadId: string, userId = 'user', given = settings) =>
  completeDirectUpload(world(), { uploadId, userId }, given);
const count = async () => (await listUploads(world(), 'user', { page: 1, limit: 10 })).count;

describe('a direct upload', () => {
  it('is stored as what its bytes are, whatever was declared, and never passes through', async () => {
    const offer = await presign({ coinName: 'GOGOPOOL' });
    await put(offer);
    expect(await count()).toBe(0);
    world().calls.length = 0;
    const file = await complete(offer.uploadId);
    expect(world().calls.filter((call) => call.startsWith('r2'))).toEqual([
      'r2 HeadObject',
      'r2 GetObject',
      'r2 CopyObject',
      'r2 DeleteObject',
    ]);
    expect(file).toMatchObject({ mimeType: 'text/html', sizeBytes: page.length, coinName: 'GOGOPOOL' });
    expect(file.key).toMatch(/^public\/user\/[0-9a-f-]{36}\.html$/);
    expect(await world().objects.head(file)).toMatchObject({ contentType: 'application/octet-stream' });
    expect(await world().objectKeys('public')).toEqual([file.key]);
    expect(await world().objectKeys()).toEqual([]);
    expect(await count()).toBe(1);
  });

  it('gives one file however often and at how many places it is completed', async () => {
    const offer = await presign();
    await put(offer);
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => complete(offer.uploadId)));
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(answer.value.id).toBe(offer.uploadId);
      else expect(answer.reason).toMatchObject({ code: 'request_in_progress' });
    }
    expect((await complete(offer.uploadId)).state).toBe('ready');
    expect(await world().objectKeys('public')).toHaveLength(1);
    expect(await count()).toBe(1);
  });

  it('that was never PUT says so and can still be', async () => {
    const offer = await presign();
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('file_not_uploaded');
    await put(offer);
    expect((await complete(offer.uploadId)).state).toBe('ready');
  });

  it('is not there for anybody else, nor when it was deleted, nor after its time', async () => {
    const offer = await presign();
    await put(offer);
    expect((await refusalOf(complete(offer.uploadId, 'another'))).code).toBe('file_not_found');
    const file = await complete(offer.uploadId);
    await deleteUpload(world(), { userId: 'user', fileId: file.id }, settings);
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('file_not_found');
    const late = await presign();
    world().time.offsetMs = 901_000;
    expect((await refusalOf(complete(late.uploadId))).code).toBe('file_not_found');
  });

  it('of a type that is not allowed ends, and leaves nothing but the marker of its URL', async () => {
    const offer = await presign();
    await put(offer);
    const refused = await refusalOf(complete(offer.uploadId, 'user', { ...settings, allowedTypes: ['image/*'] }));
    expect(refused).toMatchObject({ code: 'invalid_file_type', details: { detected: 'text/html' } });
    const left = await leftovers(world());
    expect(left).toHaveLength(1);
    expect(left).toMatchObject([{ fileId: offer.uploadId, incoming: { bucket: 'default' } }]);
  });

  it('is refused before a useless transfer when it is too large or declared as what is not allowed', async () => {
    const tooLarge = await refusalOf(presign({ sizeBytes: settings.maxFileBytes + 1 }));
    expect(tooLarge).toMatchObject({ code: 'file_too_large', details: { maxBytes: settings.maxFileBytes } });
    const only = { ...settings, allowedTypes: ['image/*'] };
    const declared = { userId: 'user', visibility: 'private', originalName: 'a', sizeBytes: 5 } as const;
    const refused = await refusalOf(presignUpload(world(), { ...declared, mimeType: 'text/html' }, only));
    expect(refused.code).toBe('invalid_file_type');
    await presignUpload(world(), { ...declared, mimeType: 'application/octet-stream' }, only);
  });

  it.each([
    [
      'R2 does not answer',
      () => {
        world().faults.r2 = ({ operation }) =>
          operation === 'CopyObject' ? { status: 503, code: 'SlowDown' } : undefined;
      },
    ],
    [
      'the copy landed and nothing could be noted',
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
  ])('can be completed again after %s', async (_, breakIt) => {
    const offer = await presign();
    await put(offer);
    breakIt();
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('temporarily_unavailable');
    expect(await count()).toBe(0);
    world().faults.r2 = undefined;
    world().faults.dynamo = undefined;
    expect((await complete(offer.uploadId)).state).toBe('ready');
    expect(await world().objectKeys('public')).toHaveLength(1);
    expect(await count()).toBe(1);
  });

  it('loses nothing when the answer to its copy is lost', async () => {
    const offer = await presign();
    await put(offer);
    world().faults.r2 = ({ operation }) => (operation === 'CopyObject' ? { afterEffect: 'reset' } : undefined);
    expect((await complete(offer.uploadId)).state).toBe('ready');
  });
});

describe('bytes that are swapped between two completions', () => {
  const text = 'x'.repeat(page.length);
  const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(page.length - 6, 1)]).toString('latin1');
  const unknown = { mimeType: 'application/octet-stream', originalName: 'a' };
  const kept = { timeoutMs: 60_000, onTimeout: 'release' } as const;

  /** The key that a completion has written, of which nobody was told. */
  async function lostCopy(offer: Presigned): Promise<string> {
    let written = '';
    world().faults.r2 = ({ operation, key = '' }) => {
      if (operation !== 'CopyObject' || written !== '') return undefined;
      written = key;
      return { afterEffect: 'reset' };
    };
    world().faults.dynamo = ({ operation }) =>
      operation === 'TransactWriteItems' && written !== '' ? { type: 'AccessDeniedException' } : undefined;
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('temporarily_unavailable');
    world().faults.r2 = undefined;
    world().faults.dynamo = undefined;
    return written;
  }

  it.each([
    ['public', undefined, 'public'],
    ['private', undefined, 'files'],
    ['public', kept, 'files'],
  ] as const)('end a %s upload (scan: %o), and nothing stays at the first key', async (visibility, scan, bucket) => {
    const offer = await presign({ ...unknown, visibility, scan });
    await put(offer, gif);
    const first = await lostCopy(offer);
    expect(first).toMatch(/\.gif$/);
    expect(await world().objectKeys(bucket)).toContain(first);
    await put(offer, text);
    expect(await refusalOf(complete(offer.uploadId))).toMatchObject({
      code: 'validation_failed',
      details: { issues: [{ path: 'upload' }] },
    });
    expect(await world().objectKeys('public')).toEqual([]);
    expect(await world().objectKeys()).toEqual([]);
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('file_not_found');
    expect(await leftovers(world())).toMatchObject([{ fileId: offer.uploadId, final: { key: first } }]);
  });

  it('leave what the first completion still writes to be found by the marker, however late and by whomever killed', async () => {
    const offer = await presign(unknown);
    await put(offer, gif);
    const first = await lostCopy(offer);
    await put(offer, text);
    expect((await refusalOf(complete(offer.uploadId))).code).toBe('validation_failed');
    await world().objects.put({ bucket: 'public', key: first }, Buffer.from(gif), { contentType: 'image/gif' });
    world().time.offsetMs = 71 * 60_000;
    for (const marker of await world().files.listDueIncoming(world().clock.now(), 10)) {
      await sweepIncoming(world(), marker);
    }
    expect(await leftovers(world())).toEqual([]);
  });

  it.each(['HeadObject', 'GetObject', 'CopyObject', 'its commit', 'DeleteObject'])(
    'beside each other, the second right before %s of the first, leave no object of another key',
    async (moment) => {
      const offer = await presign(unknown);
      await put(offer, gif);
      let transactions = 0;
      let overtaken = false;
      const overtake = async (now: boolean) => {
        if (!now || overtaken) return undefined;
        overtaken = true;
        await put(offer, text);
        await complete(offer.uploadId).catch(() => undefined);
        return undefined;
      };
      world().faults.r2 = ({ operation }) => overtake(operation === moment);
      world().faults.dynamo = ({ operation }) => {
        if (operation === 'TransactWriteItems') transactions += 1;
        return overtake(moment === 'its commit' && transactions === 2);
      };
      await complete(offer.uploadId).catch(() => undefined);
      expect(overtaken).toBe(true);
      world().faults.r2 = undefined;
      world().faults.dynamo = undefined;
      const file = await world().files.get(offer.uploadId);
      expect(await world().objectKeys('public')).toEqual(file?.state === 'ready' ? [file.key] : []);
      if (file !== undefined) await world().files.release(file, world().clock.now());
      await purge(world(), offer.uploadId);
      expect(await world().objectKeys('public')).toEqual([]);
    },
  );
});
