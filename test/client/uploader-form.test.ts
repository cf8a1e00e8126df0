import { describe, expect, test } from 'vitest';
import { isStowageError, type Progress } from '../../client/src/uploader.ts';
import { files, nothing, useUploads } from './uploader-fixture.ts';

const { uploader, staged, abortWhen, proxy, photo, paths } = useUploads();

describe('a small file', () => {
  test('goes by form, with its name, purpose and draft, and reports its bytes', async () => {
    const progress: Progress[] = [];
    const onProgress = (state: Progress) => progress.push(state);
    const { file, stagedQuota } = await uploader().upload(photo(), {
      purpose: 'puzzle',
      draftId: 'draft-1',
      onProgress,
    });
    expect(file).toMatchObject({ originalName: 'photo.jpg', purpose: 'puzzle', draftId: 'draft-1', staged: true });
    expect(stagedQuota).toMatchObject({ fileCount: 1, bytesUsed: file.sizeBytes });
    expect(paths()).toEqual([`POST ${files}/stage`]);
    expect(progress.at(-1)).toEqual({ sentBytes: photo().size, totalBytes: photo().size });
  });

  test('is stored once although its answer was lost', async () => {
    let lost = 0;
    proxy().fault = () => (lost++ < 2 ? 'lost' : undefined);
    const { file } = await uploader().upload(photo());
    expect(paths()).toHaveLength(3);
    expect((await staged()).items.map(({ id }) => id)).toEqual([file.id]);
  });

  test('is tried again when the way to the API is busy or broken', async () => {
    const answers = [503, 429, 500].map((status) => ({ status, body: 'busy', headers: { 'retry-after': '0' } }));
    proxy().fault = () => answers.shift();
    await uploader().upload(photo());
    expect(paths()).toHaveLength(4);
  });

  test('is not tried again when it is refused, and the refusal is typed', async () => {
    const refused = await uploader()
      .upload(new Blob(['hello']), { filename: 'a.txt' })
      .catch((error: unknown) => error);
    expect(isStowageError(refused, 'invalid_file_type') && refused.details.detected).toBe('text/plain');
    expect(refused).toMatchObject({ status: 415, requestId: expect.any(String) });
    expect(paths()).toHaveLength(1);
  });

  test.each(['', '.', '..'])('is not asked for, nor deleted, by %j, which would name another endpoint', async (id) => {
    for (const call of [uploader().get(id), uploader().delete(id)]) {
      await expect(call).rejects.toMatchObject({ code: 'invalid_payload' });
    }
    expect(paths()).toEqual([]);
  });

  test('fails with the last error when it was tried often enough', async () => {
    proxy().fault = () => ({ status: 503, body: '<html>' });
    await expect(uploader().upload(photo())).rejects.toMatchObject({ code: 'unexpected_answer', status: 503 });
    expect(paths()).toHaveLength(4);
  });

  test('leaves nothing when it is aborted before it is sent', async () => {
    await expect(uploader().upload(photo(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(paths()).toEqual([]);
  });

  test('leaves nothing when it is aborted after everything was sent: what was stored is deleted', async () => {
    await expect(abortWhen(uploader(), ({ sentBytes }) => sentBytes === photo().size)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(paths()).toEqual([`POST ${files}/stage`, `DELETE ${files}/staged/:id`]);
    expect(await staged()).toMatchObject(nothing);
  });

  test('goes directly when the gateway will not carry it', async () => {
    proxy().fault = ({ path }) =>
      path.endsWith('/stage') ? { status: 413, body: '{"message":"Too Large"}' } : undefined;
    await uploader().upload(photo());
    expect(paths()).toEqual([`POST ${files}/stage`, `POST ${files}/presign`, `POST ${files}/complete`]);
  });

  test('goes directly when the API says that it would fit that way', async () => {
    const large = new File([photo(), new Uint8Array(4_700_000)], 'large.jpg');
    const { file } = await uploader(6_000_000).upload(large);
    expect(paths()).toEqual([`POST ${files}/stage`, `POST ${files}/presign`, `POST ${files}/complete`]);
    expect(file.originalName).toBe('large.jpg');
  });
});
