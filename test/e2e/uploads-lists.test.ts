import { afterAll, describe, expect, it } from 'vitest';
import { dataOf, type Json, listOf, png, uploadsCloud } from './uploads-support.ts';

const cloud = uploadsCloud();

describe('the list', () => {
  it('is of one coin when asked, each with its own count', async () => {
    const as = await cloud.newUser('collector');
    const first = await cloud.stored('/v1/upload', { coinName: 'GOGOPOOL' }, as);
    await cloud.stored('/v1/upload/private', { coinName: '' }, as);
    const last = await cloud.stored('/v1/upload/private', { coinName: 'GOGOPOOL' }, as);
    expect(listOf(await cloud.get('/v1/upload?coinName=', as)).count).toBe(3);
    const one = listOf(await cloud.get('/v1/upload?coinName=GOGOPOOL&limit=1&page=2', as));
    expect(one).toEqual({ count: 2, pages: 2, data: [first] });
    expect(listOf(await cloud.get('/v1/upload/?coinName=GOGOPOOL', as)).data).toEqual([last, first]);
    expect(listOf(await cloud.get('/v1/upload?coinName=other', as))).toEqual({ count: 0, pages: 0, data: [] });
  });

  it('is of one coin however the letters of its name are composed', async () => {
    const as = await cloud.newUser('composer');
    const file = await cloud.stored('/v1/upload/private', { coinName: 'Cafe\u0301' }, as);
    for (const name of ['Caf\u00e9', 'Cafe\u0301']) {
      const found = listOf(await cloud.get(`/v1/upload?coinName=${encodeURIComponent(name)}`, as));
      expect(found).toEqual({ count: 1, pages: 1, data: [file] });
    }
  });

  it('goes on after a cursor in capitals, and a file is found by its id in them', async () => {
    const as = await cloud.newUser('shouter');
    const [older, newer] = [await cloud.stored('/v1/upload', {}, as), await cloud.stored('/v1/upload', {}, as)];
    const page = listOf(await cloud.get(`/v1/upload?cursor=${newer._id.toUpperCase()}`, as));
    expect(page.data).toEqual([older]);
    expect(dataOf(await cloud.get(`/v1/upload/${older._id.toUpperCase()}`, as))._id).toBe(older._id);
  });

  it('is exact while many upload and delete at once, by page and by cursor', async () => {
    const as = await cloud.newUser('busy');
    const files = await Promise.all(Array.from({ length: 12 }, () => cloud.stored('/v1/upload', {}, as)));
    const gone = files.slice(0, 5);
    await Promise.all([
      ...gone.map(({ _id }) => cloud.it().stowage.ok('DELETE', `/v1/upload/${_id}`, { token: as })),
      ...Array.from({ length: 6 }, () => cloud.stored('/v1/upload/private', {}, as)),
    ]);
    const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => cloud.get(`/v1/upload?limit=3&page=${page}`, as)));
    const seen = pages.flatMap((page) => listOf(page).data.map(({ _id }) => _id));
    for (const page of pages) expect(listOf(page)).toMatchObject({ count: 13, pages: 5 });
    expect(seen).toHaveLength(13);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
    for (const { _id } of gone) expect(seen).not.toContain(_id);

    const walked: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page: ReturnType<typeof listOf> = listOf(await cloud.get(`/v1/upload?limit=4&cursor=${cursor}`, as));
      walked.push(...page.data.map(({ _id }) => _id));
      cursor = page.cursor;
    }
    expect(walked).toEqual(seen);
    expect(listOf(await cloud.get('/v1/upload?page=6&limit=3', as))).toEqual({ count: 13, pages: 5, data: [] });
    // Whoever counts from nought, or asks for everything, means the first page and as much as there is.
    expect(listOf(await cloud.get('/v1/upload?page=0&limit=1000', as))).toMatchObject({ count: 13, pages: 1 });
  });
});

describe('a deleted file', () => {
  it('is listed with those that may be restored, and comes back as it was', async () => {
    const as = await cloud.newUser('undecided');
    const older = await cloud.stored('/v1/upload', { coinName: 'GOGO' }, as);
    const newer = await cloud.stored('/v1/upload', {}, as);
    const ask = { token: as };
    const gone = dataOf(await cloud.call('DELETE', `/v1/upload/${older._id}`, ask));
    for (const path of ['/v1/upload?deleted=true', '/v1/upload/?deleted=true&cursor=']) {
      expect(listOf(await cloud.get(path, as))).toEqual({ count: 1, pages: 1, data: [gone] });
    }
    expect(await cloud.get('/v1/upload?deleted=true&coinName=GOGO', as)).toMatchObject({ status: 400 });
    const back = await cloud.call('POST', `/v1/upload/${older._id}/restore`, ask);
    expect(back).toMatchObject({
      status: 200,
      body: { message: 'Success', data: { ...older, updatedAt: expect.anything() } },
    });
    expect(await cloud.call('POST', `/v1/upload/${older._id}/restore`, ask)).toMatchObject({ body: back.body as Json });
    expect(listOf(await cloud.get('/v1/upload', as)).data).toEqual([newer, dataOf(back)]);
    expect(listOf(await cloud.get('/v1/upload?coinName=GOGO', as)).count).toBe(1);
    expect(listOf(await cloud.get('/v1/upload?deleted=true', as))).toEqual({ count: 0, pages: 0, data: [] });
    expect((await fetch(older.url)).status).toBe(200);
    const stranger = { token: await cloud.newUser('stranger') };
    expect((await cloud.call('POST', `/v1/upload/${older._id}/restore`, stranger)).status).toBe(404);
  });
});

describe("another user's file", () => {
  it('is not there on any route', async () => {
    const { _id } = await cloud.stored('/v1/upload/private');
    const as = await cloud.newUser('stranger');
    const ask = { token: as };
    const answers = await Promise.all([
      cloud.call('GET', `/v1/upload/${_id}`, ask),
      cloud.call('GET', `/v1/upload/url/${_id}`, ask),
      cloud.call('DELETE', `/v1/upload/${_id}`, ask),
      cloud.call('POST', '/v1/upload/complete', { ...ask, json: { uploadId: _id } }),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'file_not_found' } });
    expect(listOf(await cloud.get('/v1/upload', as))).toEqual({ count: 0, pages: 0, data: [] });
    expect((await cloud.get(`/v1/upload/${_id}`)).status).toBe(200);
  });
});

describe('settings', () => {
  const settle = async (json: Json) => {
    expect((await cloud.admin('PUT', json)).status).toBe(200);
    // Functions may keep what they know for a second (docs/contract.md, "Administration").
    await new Promise((resolve) => setTimeout(resolve, 1100));
  };
  afterAll(() => settle({ maxFileBytes: 104_857_600, allowedTypes: ['*/*'], graceSeconds: 86_400 }));

  it('of size and types hold within seconds', async () => {
    await settle({ maxFileBytes: 20, allowedTypes: ['text/*'] });
    expect(await cloud.post('/v1/upload', { bytes: png })).toMatchObject({
      status: 413,
      body: { details: { maxBytes: 20 } },
    });
    await settle({ maxFileBytes: 104_857_600 });
    const refused = await cloud.post('/v1/upload', { bytes: png });
    expect(refused).toMatchObject({
      status: 415,
      body: { code: 'invalid_file_type', details: { detected: 'image/png' } },
    });
    expect((await cloud.post('/v1/upload', { bytes: Buffer.from('text') })).status).toBe(200);
    const answer = await cloud.admin('GET');
    expect(answer.body).toEqual({
      settings: { maxFileBytes: 104_857_600, allowedTypes: ['text/*'], graceSeconds: 86_400 },
    });
    await settle({ allowedTypes: ['*/*'] });
  });

  it.each([{ maxFileBytes: 0 }, { maxFileBytes: 6e9 }, { allowedTypes: [] }, { allowedTypes: ['png'] }, { other: 1 }])(
    'refuse %j',
    async (json) => {
      const answer = await cloud.call('PUT', '/admin/uploads/settings', {
        token: cloud.it().stowage.dev.adminToken,
        json,
      });
      expect(answer.status).toBe(400);
    },
  );

  it("are the administrator's only", async () => {
    const token = cloud.it().stowage.dev.platformToken;
    expect((await cloud.call('GET', '/admin/uploads/settings', { token })).status).toBe(403);
    expect((await cloud.call('PUT', '/admin/uploads/settings', { token, json: {} })).status).toBe(403);
  });

  it('of grace decide when a deleted file is gone for good', async () => {
    const file = await cloud.stored();
    const deleted = await cloud.call('DELETE', `/v1/upload/${file._id}`);
    expect(deleted.status).toBe(200);
    expect(dataOf(deleted)).toMatchObject({ _id: file._id, status: false, deletedAt: expect.stringMatching(/Z$/) });
    expect((await cloud.get(`/v1/upload/${file._id}`)).body).toEqual(
      deleted.body && { status: 'success', message: 'Success', data: dataOf(deleted) },
    );
    expect((await cloud.get(`/v1/upload/url/${file._id}`)).status).toBe(404);
    await cloud.it().stowage.drain();
    // The address of a public file opens until its object goes (docs/contract.md, "Delete a file").
    expect((await fetch(file.url)).status).toBe(200);

    await settle({ graceSeconds: 0 });
    const second = await cloud.stored();
    expect((await cloud.call('DELETE', `/v1/upload/${second._id}`)).status).toBe(200);
    expect((await cloud.get(`/v1/upload/${second._id}`)).status).toBe(404);
    const late = await cloud.call('POST', `/v1/upload/${second._id}/restore`);
    expect(late).toMatchObject({
      status: 410,
      body: { code: 'grace_period_over', details: { until: expect.any(String) } },
    });
    const drained = await cloud.it().stowage.drain();
    expect(drained.finished).toBe(true);
    expect((await fetch(second.url)).status).toBe(404);
    expect(await cloud.keys()).not.toContain(second.name);
  });
});
