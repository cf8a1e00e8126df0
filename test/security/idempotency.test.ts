import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, fileOf } from '#test/e2e/expectations.ts';
import { asBackend, openStowage, upload } from '#test/e2e/support.ts';
import { jpegPhoto } from '#test/support/images.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto()]);
});
afterAll(() => stowage.close());

describe('an Idempotency-Key of a session is not found by a caller of another lock', () => {
  const headers = { 'idempotency-key': 'same' };
  const otherLock = async (app: Awaited<ReturnType<typeof stowage.app>>) => {
    const { appId, sessionId } = app;
    const claims = { token_use: 'session', sub: 'somebody', appId, sessionId, lockId: 'other-lock' };
    return { ...app, sessionToken: await stowage.token(claims) };
  };

  it('who uploads the same file', async () => {
    const app = await stowage.app();
    const stranger = await otherLock(app);
    const file = fileOf(await upload(stowage, app, { bytes: photo }, { headers }));
    expectError(await stowage.call('GET', `${app.files}/${file.id}`, asBackend(stranger)), 404, 'file_not_found');
    expect(fileOf(await upload(stowage, stranger, { bytes: photo }, { headers })).id).not.toBe(file.id);
  });

  it('who presigns the same upload', async () => {
    const app = await stowage.app();
    const json = { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: 1000 };
    const presign = async (as: typeof app) => {
      const { headers: proof, ...caller } = asBackend(as);
      const options = { ...caller, headers: { ...proof, ...headers }, json };
      return (await stowage.ok('POST', `${app.files}/presign`, options)) as { uploadId: string };
    };
    const { uploadId } = await presign(app);
    expect((await presign(app)).uploadId).toBe(uploadId);
    expect((await presign(await otherLock(app))).uploadId).not.toBe(uploadId);
  });
});
