import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { jpegPhoto, phonePhoto, privateMarks } from '#test/support/images.ts';

/** Answers of the API, as far as these tests look into them. */
interface FileBody {
  id: string;
  signedUrl: string;
  sizeBytes: number;
  mimeType: string;
  width: number;
  height: number;
  purpose: string | null;
  staged?: boolean;
  draftId?: string;
}
interface Body {
  uploadId: string;
  uploadUrl: string;
  method: string;
  headers: Record<string, string>;
  expiresIn: number;
  file: FileBody;
  items: FileBody[];
  stagedQuota: { bytesUsed: number; fileCount: number };
  code: string;
  details: { maxBytes: number; direct?: { presign: string; complete: string; maxBytes: number } };
}

const dir = mkdtempSync(join(tmpdir(), 'stowage-direct-'));
let cloud: Cloud;
let photo: Buffer;

beforeAll(async () => {
  [cloud, photo] = await Promise.all([startCloud({ dir }), jpegPhoto()]);
});
afterAll(async () => {
  await cloud.close();
  rmSync(dir, { recursive: true, force: true });
});

const sessionFiles = '/api/extensions/sessions/demo-session/files';
const setupFiles = '/api/extensions/apps/demo-app/files';

/** Of the app, uploads under way among them, as its administrator reads it. */
async function usedBytes(): Promise<number> {
  const { dev } = cloud;
  const headers = { authorization: `Bearer ${dev.adminToken}` };
  const response = await fetch(`${dev.baseUrl}/admin/extensions/apps/demo-app/file-storage`, { headers });
  return ((await response.json()) as { usage: { usedBytes: number } }).usage.usedBytes;
}

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const { dev } = cloud;
  const proof = path.startsWith(sessionFiles)
    ? { authorization: `Bearer ${dev.developerKey}`, 'x-chastify-main-token': dev.sessionToken }
    : { authorization: `Bearer ${dev.userToken}` };
  const form = body instanceof FormData;
  const response = await fetch(dev.baseUrl + path, {
    method,
    headers: { ...proof, ...(body !== undefined && !form && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
}

/** Exactly the headers it was told, as a client that follows the contract sends them. */
const put = ({ uploadUrl, method, headers }: Body, bytes: Uint8Array) =>
  fetch(uploadUrl, { method, headers, body: new Uint8Array(bytes) });

async function uploadDirectly(files: string, bytes: Uint8Array, mimeType: string, more: Record<string, string> = {}) {
  const declared = { filename: 'photo', mimeType, sizeBytes: bytes.byteLength, ...more };
  const presigned = await call('POST', `${files}/presign`, declared);
  expect(presigned).toMatchObject({ status: 201, body: { method: 'PUT', expiresIn: 600 } });
  expect((await put(presigned.body, bytes)).status).toBe(200);
  return {
    presigned: presigned.body,
    done: await call('POST', `${files}/complete`, { uploadId: presigned.body.uploadId }),
  };
}

const download = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

describe('a direct upload over HTTP', () => {
  it('goes from presign to a readable file of the session, without its metadata', async () => {
    const original = await phonePhoto();
    const { presigned, done } = await uploadDirectly(sessionFiles, original, 'image/jpeg', { purpose: 'avatar' });
    expect(done.status).toBe(201);
    const { file } = done.body;
    expect(file).toMatchObject({
      id: presigned.uploadId,
      mimeType: 'image/webp',
      width: 240,
      height: 320,
      purpose: 'avatar',
    });
    const stored = await download(file.signedUrl);
    expect(stored.length).toBe(file.sizeBytes);
    for (const mark of privateMarks) expect(stored.includes(mark)).toBe(false);
    const list = await call('GET', sessionFiles);
    expect(list.body.items.map(({ id }) => id)).toContain(file.id);
    expect((await call('POST', `${sessionFiles}/complete`, { uploadId: file.id })).body.file.id).toBe(file.id);
  });

  it('stages in a setup screen and answers with the quota', async () => {
    const { done } = await uploadDirectly(setupFiles, photo, 'image/jpeg', { purpose: 'puzzle', draftId: 'draft-1' });
    expect(done).toMatchObject({
      status: 201,
      body: {
        file: { staged: true, draftId: 'draft-1' },
        stagedQuota: { bytesUsed: done.body.file.sizeBytes, fileCount: 1 },
      },
    });
    const list = await call('GET', `${setupFiles}/staged?draftId=draft-1`);
    expect(list.body.items.map(({ id }) => id)).toEqual([done.body.file.id]);
  });

  it('never promises more than is free, however many ask at once', async () => {
    const sizeBytes = 3_000_000;
    const before = await usedBytes();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        call('POST', `${setupFiles}/presign`, { filename: 'a.png', mimeType: 'image/png', sizeBytes }),
      ),
    );
    const granted = answers.filter(({ status }) => status === 201).length;
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10 - granted);
    // More only where asking took so long that what was asked for first has given way: three are promised at any time.
    expect(granted).toBeGreaterThanOrEqual(3);
    expect((await usedBytes()) - before).toBeLessThanOrEqual(3 * sizeBytes);
    const refused = answers.find(({ status }) => status === 409);
    expect(refused?.body.code).toBe('extension_staged_user_app_storage_quota_exceeded');
  });

  it('repeats a presign for its Idempotency-Key and takes another body for a mistake', async () => {
    const key = { 'idempotency-key': 'presign-1' };
    const declared = { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: 100 };
    const [first, second] = [
      await call('POST', `${sessionFiles}/presign`, declared, key),
      await call('POST', `${sessionFiles}/presign`, declared, key),
    ];
    expect(second.body.uploadId).toBe(first.body.uploadId);
    const other = await call('POST', `${sessionFiles}/presign`, { ...declared, sizeBytes: 101 }, key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('refuses what is declared wrongly, at presign or at complete', async () => {
    const presign = (declared: Record<string, unknown>) =>
      call('POST', `${sessionFiles}/presign`, { filename: 'a', mimeType: 'image/png', sizeBytes: 10, ...declared });
    expect(await presign({ mimeType: 'image/svg+xml' })).toMatchObject({ status: 415 });
    expect(await presign({ sizeBytes: 10_485_761 })).toMatchObject({ status: 413, body: { code: 'file_too_large' } });
    for (const bad of [{ sizeBytes: 0 }, { sizeBytes: 1.5 }, { sizeBytes: '10' }, { filename: '' }, { filename: 7 }]) {
      expect(await presign(bad)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
    const { presigned, done } = await uploadDirectly(sessionFiles, photo, 'image/png');
    expect(done).toMatchObject({ status: 415, body: { code: 'invalid_file_type' } });
    const again = await call('POST', `${sessionFiles}/complete`, { uploadId: presigned.uploadId });
    expect(again).toMatchObject({ status: 404, body: { code: 'file_not_found' } });
  });

  it('asks for the bytes when there are none', async () => {
    const declared = { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: 100 };
    const { body } = await call('POST', `${sessionFiles}/presign`, declared);
    const early = await call('POST', `${sessionFiles}/complete`, { uploadId: body.uploadId });
    expect(early).toMatchObject({ status: 400, body: { code: 'file_not_uploaded' } });
  });

  it('is where a form upload that no form can carry is sent', async () => {
    const form = (bytes: number) => {
      const body = new FormData();
      body.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), 'large.png');
      return body;
    };
    const refused = await call('POST', sessionFiles, form(4_620_000));
    expect(refused).toMatchObject({ status: 413, body: { code: 'file_too_large' } });
    expect(refused.body.details).toEqual({
      maxBytes: 4_613_734,
      direct: {
        presign: `POST ${sessionFiles}/presign`,
        complete: `POST ${sessionFiles}/complete`,
        maxBytes: 10_485_760,
      },
    });
    const staged = await call('POST', `${setupFiles}/stage`, form(4_620_000));
    expect(staged.body.details.direct?.presign).toBe(`POST ${setupFiles}/presign`);
    const carried = await call('POST', sessionFiles, form(4_613_734));
    expect(carried).toMatchObject({ status: 415, body: { code: 'invalid_file_type' } });
  });
});

describe('large pictures', () => {
  const functionName = () => {
    const found = cloud.stack.model.functions.find(({ name }) => /SessionFilesComplete/i.test(name));
    return found?.name ?? expect.fail('no function of that name');
  };
  const peakMb = () => Math.round((cloud.stack.functions.peakRssBytes()[functionName()] ?? 0) / 2 ** 20);

  /** What phones call 50 megapixels, held sideways; progressive ones a decoder must hold whole. */
  const phoneSize = async (progressive: boolean) =>
    await sharp(await jpegPhoto({ width: 2016, height: 1512 }))
      .resize(8192, 6144)
      .jpeg({ quality: 85, progressive })
      .withMetadata({ orientation: 6 })
      .toBuffer();

  it('a PNG of ten megabytes and photos of 50 megapixels pass within the memory of the function', async () => {
    const edge = 1865;
    const png = await sharp(randomBytes(edge * edge * 3), { raw: { width: edge, height: edge, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(png.length).toBeGreaterThan(10_400_000);
    const noise = await uploadDirectly(sessionFiles, png, 'image/png');
    expect(noise.done).toMatchObject({ status: 201, body: { file: { width: edge } } });

    for (const progressive of [false, true]) {
      const { done } = await uploadDirectly(sessionFiles, await phoneSize(progressive), 'image/jpeg');
      expect(done).toMatchObject({ status: 201, body: { file: { width: 1920, height: 2560 } } });
      expect((await download(done.body.file.signedUrl)).length).toBe(done.body.file.sizeBytes);
    }
    expect(peakMb()).toBeGreaterThan(0);
    expect(peakMb()).toBeLessThan(1024);
  });
});
