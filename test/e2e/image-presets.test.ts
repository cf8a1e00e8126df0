import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { animatedGif, jpegPhoto } from '#test/support/images.ts';
import { expectError, expectFile, type FileView, fileOf } from './expectations.ts';
import { asBackend, asPage, asUser, formOf, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
let app: TestApp;
/** The photo is 400 pixels long. */
const imagePresets = { thumb: 80, card: 200, full: 1200 };

beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 400, height: 300 })]);
  app = await stowage.app({ imagePresets });
});
afterAll(() => stowage.close());

const admin = (json?: unknown) => ({ token: stowage.dev.adminToken, ...(json !== undefined && { json }) });
const usage = async () => ((await stowage.ok('GET', `${app.admin}/file-storage`, admin())) as { usage: unknown }).usage;

const link = expect.stringMatching(/X-Amz-Signature=[0-9a-f]{64}/);
const copy = (width: number, height: number) => ({ signedUrl: link, width, height, sizeBytes: expect.any(Number) });

/** As it was answered first, by sizes and places; links may be signed anew meanwhile. */
function expectVariants(file: FileView): void {
  const { signedUrl, sizeBytes, width, height } = file;
  const variants = { thumb: copy(80, 60), card: copy(200, 150), full: { signedUrl, sizeBytes, width, height } };
  expectFile(file, { width: 400, height: 300, variants, ...stagedFields(file) });
  expect(Object.keys(file.variants ?? {})).toEqual(['thumb', 'card', 'full']);
}

const stagedFields = ({ staged, draftId, expiresAt }: FileView) =>
  staged === undefined ? {} : { staged, draftId: draftId ?? null, expiresAt: expiresAt ?? '' };

/** What one file's links open, and that it is all that the app counts. */
async function expectStored(file: FileView): Promise<void> {
  expectVariants(file);
  let bytes = file.sizeBytes;
  for (const [name, variant] of Object.entries(file.variants ?? {})) {
    const response = await fetch(variant.signedUrl);
    expect(response.status, name).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('cache-control')).toContain('immutable');
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.byteLength, name).toBe(variant.sizeBytes);
    expect(await sharp(body).metadata()).toMatchObject({ width: variant.width, height: variant.height });
    if (name !== 'full') bytes += variant.sizeBytes;
  }
  expect(await usage()).toEqual({ usedBytes: bytes, fileCount: 1 });
  expect((await ownKeys(file.id)).length).toBe(3);
}

const ownKeys = async (fileId: string) =>
  (await stowage.bucketKeys()).filter((key) => key.startsWith(`extensions/${fileId}`));

async function expectGone(fileId: string): Promise<void> {
  expect(await usage()).toEqual({ usedBytes: 0, fileCount: 0 });
  expect(await stowage.drain()).toMatchObject({ finished: true, left: {}, failed: {} });
  expect(await ownKeys(fileId)).toEqual([]);
}

/** The app's counters of its session and its user, from what a full answer tells. */
async function stagedBytes(): Promise<number> {
  const { stagedQuota } = (await stowage.ok('GET', `${app.setup}/staged`, asUser(app))) as {
    stagedQuota: { bytesUsed: number };
  };
  return stagedQuota.bytesUsed;
}

const total = (file: FileView) =>
  file.sizeBytes + (file.variants?.thumb?.sizeBytes ?? 0) + (file.variants?.card?.sizeBytes ?? 0);

describe('a file with presets', () => {
  it('of a session has its variants in every answer, counts with them and goes with them', async () => {
    const headers = { 'idempotency-key': 'photo' };
    const file = fileOf(await upload(stowage, app, { bytes: photo }, { headers }));
    await expectStored(file);
    const again = fileOf(await upload(stowage, app, { bytes: photo }, { headers }));
    expect(again.id).toBe(file.id);
    await expectStored(again);
    const { items } = (await stowage.ok('GET', app.files, asPage(app))) as { items: FileView[] };
    expect(items.map(({ id }) => id)).toEqual([file.id]);
    for (const item of items) expectVariants(item);
    expectVariants(fileOf(await stowage.call('GET', `${app.files}/${file.id}`, asPage(app))));
    await stowage.ok('DELETE', `${app.files}/${file.id}`, asBackend(app));
    await expectGone(file.id);
  });

  it('of a setup screen keeps them from staging through claim and roll back to its end', async () => {
    const answer = await stage(stowage, app, { bytes: photo }, { draftId: 'draft' });
    const file = fileOf(answer);
    await expectStored(file);
    expect(answer.body).toMatchObject({ stagedQuota: { bytesUsed: total(file), fileCount: 1 } });
    const platform = { token: stowage.dev.platformToken };
    const config = { image: { provider: 'chastify_storage', fileId: file.id, variants: file.variants } };
    const target = { type: 'lock', id: app.lockId, sessionId: app.sessionId };
    const json = { userId: app.userId, target, config };
    const claims = `/platform/extensions/${app.appId}/claims`;
    const claim = (await stowage.ok('POST', claims, { ...platform, json })) as { claimId: string; config: unknown };
    expect(JSON.stringify(claim.config)).not.toContain('X-Amz');
    expect(await stagedBytes()).toBe(0);
    const claimed = fileOf(await stowage.call('GET', `${app.files}/${file.id}`, asPage(app)));
    await expectStored(claimed);
    await stowage.ok('DELETE', `/platform/extensions/claims/${claim.claimId}`, platform);
    expect(await stagedBytes()).toBe(total(file));
    const { items } = (await stowage.ok('GET', `${app.setup}/staged`, asUser(app))) as { items: FileView[] };
    expect(items).toHaveLength(1);
    for (const item of items) await expectStored(item);
    await stowage.ok('DELETE', `${app.setup}/staged/${file.id}`, asUser(app));
    expect(await stagedBytes()).toBe(0);
    await expectGone(file.id);
  });

  it.each(['session', 'setup'] as const)('of a %s that is uploaded directly has them too', async (kind) => {
    const [files, caller] = kind === 'session' ? [app.files, asBackend(app)] : [app.setup, asUser(app)];
    const declared = { filename: 'photo.jpg', mimeType: 'image/jpeg', sizeBytes: photo.length };
    const offer = (await stowage.ok('POST', `${files}/presign`, { ...caller, json: declared })) as {
      uploadId: string;
      uploadUrl: string;
      headers: Record<string, string>;
    };
    const body = new Uint8Array(photo);
    expect((await fetch(offer.uploadUrl, { method: 'PUT', headers: offer.headers, body })).status).toBe(200);
    const json = { uploadId: offer.uploadId };
    const first = fileOf(await stowage.call('POST', `${files}/complete`, { ...caller, json }));
    await expectStored(first);
    const again = fileOf(await stowage.call('POST', `${files}/complete`, { ...caller, json }));
    expectVariants(again);
    await stowage.ok('DELETE', kind === 'session' ? `${files}/${first.id}` : `${files}/staged/${first.id}`, caller);
    await expectGone(first.id);
  });

  it('goes with its session, variants and all', async () => {
    const other = await stowage.app({ imagePresets });
    const { id } = fileOf(await upload(stowage, other, { bytes: photo }));
    expect(await ownKeys(id)).toHaveLength(3);
    const json = { eventId: `gone-${id}`, type: 'session.deleted', sessionId: other.sessionId };
    await stowage.ok('POST', '/platform/lifecycle-events', { token: stowage.dev.platformToken, json });
    await stowage.drain();
    expect(await ownKeys(id)).toEqual([]);
  });

  it('that is an animation shows a still for each of them', async () => {
    const other = await stowage.app({ imagePresets });
    const bytes = await animatedGif({ width: 160, height: 120 });
    const body = formOf({ bytes, name: 'a.gif', type: 'image/gif' });
    const file = fileOf(await stowage.call('POST', other.files, { ...asBackend(other), body }));
    expect(file.variants).toEqual({ thumb: copy(80, 60), card: copy(160, 120), full: copy(160, 120) });
    const still = await fetch(file.variants?.full?.signedUrl ?? '');
    expect((await sharp(Buffer.from(await still.arrayBuffer()), { animated: true }).metadata()).pages ?? 1).toBe(1);
  });
});

describe('the presets of an app', () => {
  it('are none until an administrator sets them, replace each other whole, and hold for later uploads', async () => {
    const other = await stowage.app();
    const storage = `${other.admin}/file-storage`;
    const before = fileOf(await upload(stowage, other, { bytes: photo }));
    expect(before).not.toHaveProperty('variants');
    for (const presets of [{ thumb: 16, 'a--1-': 4096 }, { card: 200 }, {}]) {
      expect(await stowage.ok('PUT', storage, admin({ imagePresets: presets }))).toMatchObject({
        settings: { imagePresets: presets },
      });
      const read = (await stowage.ok('GET', storage, admin())) as { settings: { imagePresets: unknown } };
      expect(read.settings.imagePresets).toEqual(presets);
    }
    expect(fileOf(await stowage.call('GET', `${other.files}/${before.id}`, asPage(other)))).toEqual(before);
  });

  const nine = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, 100]));
  it.each([
    ['an edge that is too small', { thumb: 15 }],
    ['an edge that is too large', { thumb: 4097 }],
    ['half a pixel', { thumb: 320.5 }],
    ['no number', { thumb: '320' }],
    ['capitals', { Thumb: 320 }],
    ['a digit first', { '2x': 320 }],
    ['a slash', { 'a/b': 320 }],
    ['no name', { '': 320 }],
    ['a name that objects have already', { constructor: 320 }],
    ['a long name', { ['a'.repeat(33)]: 320 }],
    ['too many', nine],
    ['a list', ['thumb']],
    ['nothing', null],
  ])('are refused for %s', async (_, presets) => {
    const answer = await stowage.call('PUT', `${app.admin}/file-storage`, admin({ imagePresets: presets }));
    expectError(answer, 400, 'validation_failed', {
      issues: [expect.objectContaining({ path: expect.stringContaining('imagePresets') })],
    });
    const settings = (await stowage.ok('GET', `${app.admin}/file-storage`, admin())) as { settings: unknown };
    expect(settings).toMatchObject({ settings: { imagePresets } });
  });
});
