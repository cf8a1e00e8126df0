import { describe, expect, test } from 'vitest';
import {
  type BatchProgress,
  createLinks,
  createUploader,
  isStowageError,
  sessionTarget,
  uploadsTarget,
} from '../../client/src/uploader.ts';
import { files, nothing, useUploads } from './uploader-fixture.ts';

const { uploader, staged, abortWhen, cloud, proxy, photo, paths } = useUploads();

describe('a large file', () => {
  const direct = () => uploader(0);

  test('goes to the bucket, with every byte reported on the way', async () => {
    const progress: number[] = [];
    const { file, stagedQuota } = await direct().upload(photo(), {
      purpose: 'puzzle',
      draftId: 'draft-2',
      onProgress: ({ sentBytes }) => progress.push(sentBytes),
    });
    expect(file).toMatchObject({ originalName: 'photo.jpg', purpose: 'puzzle', draftId: 'draft-2', staged: true });
    expect(stagedQuota?.fileCount).toBe(1);
    expect(progress.at(-1)).toBe(photo().size);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(paths()).toEqual([`POST ${files}/presign`, `POST ${files}/complete`]);
  });

  test('is declared as what its bytes are, whatever its name says', async () => {
    const { file } = await direct().upload(new File([photo()], 'photo.png', { type: 'image/png' }));
    expect(file.mimeType).toBe('image/webp');
  });

  test('survives lost answers of presign, PUT and complete, and is stored once', async () => {
    const lost = new Set(['presign', 'complete', 'PUT']);
    proxy().fault = ({ path }) => (lost.delete(path.split('/').at(-1) ?? '') ? 'lost' : undefined);
    cloud().faults.r2 = ({ operation, key }) =>
      operation === 'PutObject' && key?.startsWith('incoming/') && lost.delete('PUT')
        ? { afterEffect: 'reset' }
        : undefined;
    const { file } = await direct().upload(photo());
    expect(lost.size).toBe(0);
    expect(await staged()).toMatchObject({ items: [{ id: file.id }], stagedQuota: { bytesUsed: file.sizeBytes } });
  });

  test('is not presigned anew when it arrived and only the answer of the bucket was lost', async () => {
    let lost = 0;
    cloud().faults.r2 = ({ operation, key }) =>
      operation === 'PutObject' && key?.startsWith('incoming/') && lost++ === 0 ? { afterEffect: 'reset' } : undefined;
    await uploader(0).upload(photo());
    // The first, one that came within the second that R2 keeps a key, and the one that counts.
    expect(lost).toBe(3);
    expect(paths()).toEqual([`POST ${files}/presign`, `POST ${files}/complete`]);
  });

  test('is sent again, and not presigned anew, when the bucket says that it came too soon', async () => {
    let refusals = 1;
    cloud().faults.r2 = ({ operation }) =>
      operation === 'PutObject' && refusals-- > 0 ? { status: 429, code: 'TooManyRequests' } : undefined;
    await direct().upload(photo());
    expect(paths()).toEqual([`POST ${files}/presign`, `POST ${files}/complete`]);
  });

  test('is presigned anew when its URL is over, and the first reservation is given back', async () => {
    let refusals = 1;
    cloud().faults.r2 = ({ operation }) =>
      operation === 'PutObject' && refusals-- > 0 ? { status: 403, code: 'ExpiredRequest' } : undefined;
    const { file, stagedQuota } = await direct().upload(photo());
    const presigned = paths().filter((path) => path.endsWith('/presign'));
    expect(presigned).toHaveLength(2);
    expect(stagedQuota).toMatchObject({ fileCount: 1, bytesUsed: file.sizeBytes });
  });

  test('fails as refused when the bucket refuses twice, and leaves nothing', async () => {
    cloud().faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(direct().upload(photo())).rejects.toMatchObject({ code: 'upload_refused', status: 403 });
    expect(await staged()).toMatchObject(nothing);
  });

  test('leaves nothing when it is aborted on the way to the bucket', async () => {
    const large = new File([photo(), new Uint8Array(3_000_000)], 'large.jpg');
    await expect(abortWhen(direct(), ({ sentBytes }) => sentBytes > 0, large)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(paths()).toEqual([`POST ${files}/presign`, `DELETE ${files}/staged/:id`]);
    expect(await staged()).toMatchObject(nothing);
  });

  test('leaves nothing when it is aborted while it is being completed', async () => {
    const abort = new AbortController();
    proxy().fault = ({ path }) => void (path.endsWith('/complete') && abort.abort());
    await expect(direct().upload(photo(), { signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(await staged()).toMatchObject(nothing);
    await cloud().drain();
    expect((await staged()).items).toEqual([]);
  });

  test('is refused before a byte is sent when it is too large for the app', async () => {
    const refused = await direct()
      .upload(new Blob([photo(), new Uint8Array(11_000_000)]))
      .catch((error: unknown) => error);
    expect(isStowageError(refused, 'file_too_large') && refused.details.maxBytes).toBe(10_485_760);
    expect(paths()).toEqual([`POST ${files}/presign`]);
  });
});

describe('several files', () => {
  test('arrive in order with one total, and one that is refused keeps nobody else', async () => {
    const totals: BatchProgress[] = [];
    const batch = [photo(), new Blob(['no picture']), new File([photo()], 'second.jpg')];
    const outcomes = await uploader().uploadAll(batch, { onProgress: (progress) => totals.push(progress) });
    expect(outcomes).toMatchObject([
      { ok: true, answer: { file: { originalName: 'photo.jpg' } } },
      { ok: false, error: { code: 'invalid_file_type' } },
      { ok: true, answer: { file: { originalName: 'second.jpg' } } },
    ]);
    const bytes = batch.reduce((sum, { size }) => sum + size, 0);
    expect(totals.at(-1)).toMatchObject({ sentBytes: bytes, totalBytes: bytes });
    expect(totals.at(-1)?.files.map(({ totalBytes }) => totalBytes)).toEqual(batch.map(({ size }) => size));
  });

  test('never have more under way than was allowed', async () => {
    let underWay = 0;
    let most = 0;
    proxy().fault = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      return { status: 415, body: '{"code":"invalid_file_type","message":"no"}' };
    };
    const outcomes = await uploader().uploadAll(
      Array.from({ length: 7 }, () => photo()),
      { concurrency: 3 },
    );
    expect(outcomes).toHaveLength(7);
    expect(most).toBe(3);
  });
});

describe('the uploads API', () => {
  const uploads = (visibility: 'public' | 'private', formMaxBytes: number) =>
    createUploader({
      baseUrl: cloud().baseUrl,
      target: uploadsTarget(visibility),
      auth: () => ({ authorization: `Bearer ${cloud().dev.userToken}` }),
      formMaxBytes,
    });

  test.each([
    ['public', 'by form', 4_000_000],
    ['public', 'directly', 0],
    ['private', 'by form', 4_000_000],
    ['private', 'directly', 0],
  ] as const)('takes a %s file of any type %s', async (visibility, _, formMaxBytes) => {
    const text = new File(['hello there'], 'hello.txt', { type: 'text/plain' });
    const stored = await uploads(visibility, formMaxBytes).upload(text);
    expect(stored).toMatchObject({ meta: { originalName: 'hello.txt' }, size: '11', uploaded_by: 'demo-user' });
    expect(await uploads(visibility, 0).get(stored._id)).toMatchObject({ _id: stored._id });
    const { status } = await fetch(stored.url);
    if (visibility === 'public') expect(status).toBe(200);
    else expect(status).toBeGreaterThanOrEqual(400);
  });
});

describe('a backend', () => {
  const backend = (formMaxBytes: number) =>
    createUploader({
      formMaxBytes,
      baseUrl: cloud().baseUrl,
      target: sessionTarget('demo-session'),
      auth: () => ({
        authorization: `Bearer ${cloud().dev.developerKey}`,
        'x-chastify-main-token': cloud().dev.sessionToken,
      }),
    });

  test.each([
    ['by form', 4_000_000],
    ['directly', 0],
  ])('uploads into the session %s, reads, and deletes', async (_, formMaxBytes) => {
    const { file } = await backend(formMaxBytes).upload(photo(), { purpose: 'runtime' });
    expect((await backend(0).get(file.id)).file).toMatchObject({ id: file.id, purpose: 'runtime' });
    await backend(0).delete(file.id);
    await expect(backend(0).get(file.id)).rejects.toMatchObject({ code: 'file_not_found', status: 404 });
  });

  test('gives up a direct upload into the session, and the quota is free at once', async () => {
    const abort = new AbortController();
    const large = new File([photo(), new Uint8Array(3_000_000)], 'large.jpg');
    const upload = backend(0).upload(large, { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    const headers = { authorization: `Bearer ${cloud().dev.adminToken}` };
    const admin = await fetch(`${cloud().baseUrl}/admin/extensions/apps/demo-app/file-storage`, { headers });
    expect(await admin.json()).toMatchObject({ usage: { usedBytes: 0, fileCount: 0 } });
  });

  test('keeps links alive: a live one is handed out, one that is over is asked for anew, once for all', async () => {
    const { file } = await uploader().upload(photo());
    proxy().seen = [];
    const links = createLinks({ get: uploader().get });
    expect(await links.url(file)).toBe(file.signedUrl);
    expect(proxy().seen).toEqual([]);
    const over = { ...file, urlExpiresAt: new Date(Date.now() + 5000).toISOString() };
    const urls = await Promise.all([links.url(over), links.url(over), links.url(file.id)]);
    expect(new Set(urls).size).toBe(1);
    expect(proxy().seen).toHaveLength(1);
    expect((await fetch(urls[0] ?? '')).status).toBe(200);
    await links.url(over);
    expect(proxy().seen).toHaveLength(1);
  });
});
