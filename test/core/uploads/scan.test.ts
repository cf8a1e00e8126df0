import { describe, expect, it } from 'vitest';
import type { Presigned } from '#core/files/presign.ts';
import { purge } from '#core/files/purge.ts';
import type { UploadFile } from '#core/files/record.ts';
import { completeDirectUpload, presignUpload } from '#core/uploads/direct-upload.ts';
import { deleteUpload, getUpload, restoreUpload } from '#core/uploads/own-uploads.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { reconciler } from '../reconcile/support.ts';
import { bytes, minutes, scanWorld } from './scan-support.ts';
import { settings } from './support.ts';

const {
  world,
  sent,
  logged,
  faults,
  queue,
  deps,
  requestOf,
  store,
  owned,
  open,
  etagOf,
  judge,
  count,
  sweep,
  expectGone,
} = scanWorld();

describe('a stored file that waits for a verdict', () => {
  it.each(['public', 'private'] as const)('%s: is listed and counted, and nobody opens it', async (visibility) => {
    const file = await store({ visibility });
    expect(sent).toEqual([
      { fileId: file.id, bucket: 'default', key: file.key, sizeBytes: bytes.length, mimeType: 'text/plain' },
    ]);
    expect(await count()).toBe(1);
    expect(await world().objectKeys('public')).toEqual([]);
    expect(await refusalOf(open(file))).toMatchObject({ code: 'file_in_quarantine', retryAfterSeconds: 5 });
    expect(await judge(file, 'clean', await etagOf(file))).toBe('clean');
    const { bucket, also, quarantine, dueAt } = await open(file);
    expect({ bucket, also, quarantine, dueAt }).toEqual({ bucket: visibility === 'public' ? 'public' : 'default' });
    expect(await world().objectKeys()).toEqual(visibility === 'public' ? [] : [file.key]);
    expect(await world().objects.head(await open(file))).toMatchObject({ contentType: 'text/plain; charset=utf-8' });
  });

  it('came directly as well', async () => {
    const upload = { ...requestOf({}), mimeType: 'text/plain', sizeBytes: bytes.length };
    const offer: Presigned = await presignUpload(world(), upload, settings);
    await fetch(offer.uploadUrl, { method: 'PUT', headers: offer.headers, body: bytes });
    sent.length = 0;
    const file = await completeDirectUpload(deps(), { uploadId: offer.uploadId, userId: 'user' }, settings);
    expect(sent.map(({ fileId }) => fileId)).toEqual([file.id]);
    expect((await refusalOf(open(file))).code).toBe('file_in_quarantine');
    expect(await world().objectKeys('public')).toEqual([]);
    expect(await judge(file, 'clean', await etagOf(file))).toBe('clean');
    expect((await open(file)).bucket).toBe('public');
  });

  it('is not judged by a verdict on other bytes, nor when it waits for none', async () => {
    const file = await store();
    expect((await refusalOf(judge(file, 'clean', '"0"'))).code).toBe('validation_failed');
    expect((await refusalOf(open(file))).code).toBe('file_in_quarantine');
    const { scan: _, ...unscanned } = requestOf({});
    const plain = await storeUpload(world(), { ...unscanned, declaredType: 'text/plain', bytes }, settings);
    expect((await refusalOf(judge(plain, 'infected', '"0"'))).code).toBe('file_not_found');
  });

  it('may be deleted and restored meanwhile, and waits still', async () => {
    const file = await store();
    await deleteUpload(world(), owned(file), settings);
    await restoreUpload(world(), owned(file));
    expect((await refusalOf(open(file))).code).toBe('file_in_quarantine');
    world().time.offsetMs = 61 * minutes;
    expect(await sweep(file)).toBe(true);
    expect((await refusalOf(open(file))).code).toBe('file_rejected');
  });
});

it('a file that is deleted meanwhile does not go public by its verdict, and does so once it is restored', async () => {
  const file = await store();
  await deleteUpload(world(), owned(file), settings);
  expect(await judge(file, 'clean', await etagOf(file))).toBe('clean');
  expect(await world().objectKeys('public')).toEqual([]);
  await restoreUpload(world(), owned(file));
  expect((await open(file)).bucket).toBe('default');
  expect(await sweep(file)).toBe(true);
  expect(await world().objectKeys('public')).toEqual([file.key]);
  expect((await open(file)).scanned?.verdict).toBe('clean');
});

describe('an infected file', () => {
  it('is deleted, and its owner told why for a week, whatever is asked of it', async () => {
    const file = await store();
    const etag = await etagOf(file);
    expect(await judge(file, 'infected', etag)).toBe('infected');
    expect(await judge(file, 'infected', etag)).toBe('infected');
    expect(await judge(file, 'clean', etag)).toBe('infected');
    for (const ask of [open, (f: UploadFile) => restoreUpload(world(), owned(f))]) {
      expect(await refusalOf(ask(file))).toMatchObject({
        code: 'file_rejected',
        details: { reason: 'infected', signature: 'Eicar' },
      });
    }
    expect((await refusalOf(getUpload(world(), { userId: 'other', fileId: file.id }))).code).toBe('file_not_found');
    await expectGone(file);
  });

  it('goes also when that is found out after it was let out', async () => {
    const file = await store();
    const etag = await etagOf(file);
    await judge(file, 'clean', etag);
    expect(await judge(file, 'infected', etag)).toBe('infected');
    await expectGone(file);
  });

  it('goes when the bucket answers again', async () => {
    const file = await store();
    const etag = await etagOf(file);
    world().faults.r2 = ({ operation }) =>
      operation === 'DeleteObject' ? { status: 500, code: 'InternalError' } : undefined;
    expect(await judge(file, 'infected', etag)).toBe('infected');
    world().faults.r2 = undefined;
    expect((await refusalOf(open(file))).code).toBe('file_rejected');
    await purge(world(), file.id);
    await expectGone(file);
  });
});

describe('without a verdict', () => {
  it('the scanner is told once more, then the file goes', async () => {
    faults.queue = true;
    const file = await store();
    faults.queue = false;
    expect(logged).toEqual([expect.stringContaining(file.id)]);
    expect(sent).toEqual([]);
    world().time.offsetMs = 16 * minutes;
    const report = await reconciler(world())({}, { scans: queue });
    expect(report.unscanned).toEqual({ count: 1, examples: [file.id] });
    expect(sent.map(({ fileId }) => fileId)).toEqual([file.id]);
    expect(await sweep(file)).toBe(false);
    world().time.offsetMs = 61 * minutes;
    expect(await sweep(file)).toBe(true);
    expect(await refusalOf(open(file))).toMatchObject({ details: { reason: 'scan_timed_out' } });
    await expectGone(file);
  });

  it('or it opens, where the settings say so: at once by its link, and to all when the schedule has run', async () => {
    const file = await store({ onTimeout: 'release' });
    world().time.offsetMs = 61 * minutes;
    expect((await open(file)).bucket).toBe('default');
    expect(await sweep(file)).toBe(true);
    expect(await world().objectKeys('public')).toEqual([file.key]);
    expect(await world().objectKeys()).toEqual([]);
    // A late verdict counts still.
    expect(await judge(file, 'infected', await etagOf(file))).toBe('infected');
    expect(await world().objectKeys('public')).toEqual([]);
    expect((await refusalOf(open(file))).code).toBe('file_rejected');
  });
});
