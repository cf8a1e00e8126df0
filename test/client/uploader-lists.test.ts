import { describe, expect, test } from 'vitest';
import { createUploader, sessionTarget, setupTarget, uploadsTarget } from '../../client/src/uploader.ts';
import { useUploads } from './uploader-fixture.ts';

const { uploader, cloud, proxy, photo, paths } = useUploads();

const backend = () =>
  createUploader({
    baseUrl: proxy().baseUrl,
    target: sessionTarget('demo-session'),
    auth: () => ({
      authorization: `Bearer ${cloud().dev.developerKey}`,
      'x-chastify-main-token': cloud().dev.sessionToken,
    }),
  });

async function all<F>(list: AsyncIterable<F>): Promise<F[]> {
  const files: F[] = [];
  for await (const file of list) files.push(file);
  return files;
}

/** A target whose lists have one file a page. */
const onePerPage = () => {
  const target = setupTarget('demo-app');
  return { ...target, list: (query: object) => `${target.list(query)}${query ? '&' : '?'}limit=1` };
};

describe('a list', () => {
  test('of a setup screen has every staged file, newest first, however many pages it takes', async () => {
    const ids: string[] = [];
    for (const draftId of ['a', 'b', 'a'])
      ids.unshift((await uploader().upload(photo(), { draftId, purpose: draftId })).file.id);
    const paged = uploader(undefined, { target: onePerPage() });
    proxy().seen = [];
    const found = await all(paged.list({ purpose: 'a', draftId: 'a' }));
    expect(found.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    expect(paths().length).toBeGreaterThan(1);
    expect((await all(uploader().list())).map(({ id }) => id)).toEqual(ids);
  });

  test('asks for no more pages than are taken', async () => {
    for (const draftId of ['a', 'a', 'a']) await uploader().upload(photo(), { draftId });
    proxy().seen = [];
    for await (const { draftId } of uploader(undefined, { target: onePerPage() }).list({ draftId: 'a' })) {
      expect(draftId).toBe('a');
      break;
    }
    expect(proxy().seen).toHaveLength(1);
  });

  test('of a session has its files', async () => {
    const { file } = await backend().upload(photo());
    expect((await all(backend().list())).map(({ id }) => id)).toEqual([file.id]);
    await backend().delete(file.id);
    expect(await all(backend().list())).toEqual([]);
  });

  test('of the uploads API has more files than a page', async () => {
    const user = createUploader({
      baseUrl: proxy().baseUrl,
      target: uploadsTarget('private'),
      auth: () => ({ authorization: `Bearer ${cloud().dev.userToken}` }),
    });
    const texts = Array.from({ length: 101 }, (_, index) => new File([`note ${index}`], `${index}.txt`));
    const outcomes = await user.uploadAll(texts, { concurrency: 8 });
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
    proxy().seen = [];
    const names = (await all(user.list())).map(({ meta }) => meta.originalName);
    expect(names.toSorted()).toEqual(texts.map(({ name }) => name).toSorted());
    expect(proxy().seen).toHaveLength(2);
  });

  test('is tried again when the line breaks, and ends by its signal', async () => {
    await uploader().upload(photo());
    let lost = 1;
    proxy().fault = () => (lost-- > 0 ? 'lost' : undefined);
    expect(await all(uploader().list())).toHaveLength(1);
    const aborted = all(uploader().list({ signal: AbortSignal.abort() }));
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  });
});
