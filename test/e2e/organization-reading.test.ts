import { afterAll, describe, expect, it } from 'vitest';
import { error, type Offer, openOrganizations, photo, put } from './organization-support.ts';

const { stowage, org, other, platform, ada, bob, uploaded, write, list } = await openOrganizations();
afterAll(() => stowage.close());

const notFound = { status: 404, body: { code: 'not_found' } };

describe('what the platform reads for those who should', () => {
  it('are the compliance documents of an organization, listed and opened for a minute', async () => {
    const documents = `/platform/organizations/${org}/compliance-documents`;
    const stored: { id: string }[] = [];
    for (const name of ['one', 'two', 'three']) {
      const body = new FormData();
      body.set('formId', 'waiver');
      body.set('file', new Blob([`%PDF-1.7 ${name}`], { type: 'application/pdf' }), `${name}.pdf`);
      const created = (await stowage.ok('POST', documents, { ...platform, body })) as { document: { id: string } };
      stored.unshift(created.document);
    }
    const all = (await stowage.ok('GET', documents, platform)) as { items: unknown[]; cursor?: string };
    expect(all).toEqual({ items: stored });
    const page = (await stowage.ok('GET', `${documents}?limit=2`, platform)) as { items: unknown[]; cursor: string };
    expect(page.items).toEqual(stored.slice(0, 2));
    expect(await stowage.ok('GET', `${documents}?limit=2&cursor=${page.cursor}`, platform)).toEqual({
      items: stored.slice(2),
    });

    const one = stored[0]?.id;
    const opened = (await stowage.ok('GET', `${documents}/${one}`, platform)) as { url: string; expiresAt: string };
    expect(opened).toMatchObject({ document: stored[0] });
    expect(new URL(opened.url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(await (await fetch(opened.url)).text()).toBe('%PDF-1.7 three');

    const elsewhere = `/platform/organizations/${other}/compliance-documents`;
    expect(await stowage.ok('GET', elsewhere, platform)).toEqual({ items: [] });
    expect(await stowage.call('GET', `${elsewhere}/${one}`, platform)).toMatchObject(notFound);
    expect(await stowage.call('GET', `${documents}/nonsense`, platform)).toMatchObject(notFound);
    expect(await stowage.call('GET', documents, ada.as)).toMatchObject(
      error(401, 'unauthorized', 'This endpoint takes a service token.'),
    );
  });

  it('are exports, for the mails that carry them: a link of a minute to what the job brought last', async () => {
    const job = `/platform/organizations/${org}/exports/weekly`;
    const send = (body: string, key?: string) =>
      stowage.call('POST', job, {
        ...platform,
        headers: { 'content-type': 'text/csv', ...(key !== undefined && { 'idempotency-key': key }) },
        body,
      });
    const url = async (as = platform, orgId = org) =>
      (await stowage.call('GET', `/organizations/${orgId}/exports/weekly/url`, as)) as {
        status: number;
        body: { url: string };
      };
    expect((await url()).status).toBe(404);
    const first = await send('monday', 'first');
    expect(first).toMatchObject({ status: 201, body: { export: { key: `exports/${org}/weekly.csv`, sizeBytes: 6 } } });
    const link = await url();
    expect(new URL(link.body.url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(await (await fetch(link.body.url)).text()).toBe('monday');

    const second = await send('tuesday');
    expect(second).toMatchObject({ status: 201, body: { export: { jobId: 'weekly', sizeBytes: 7 } } });
    expect((await send('tuesday')).body).toEqual(second.body);
    // A late repeat of the first request is told what it was told, and puts nothing back.
    expect((await send('monday', 'first')).body).toEqual(first.body);
    expect(await send('other', 'first')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    for (const as of [platform, ada.as]) {
      expect(await (await fetch((await url(as)).body.url)).text()).toBe('tuesday');
    }
    await stowage.drain();
    const keys = (await stowage.bucketKeys()).filter((key) => key.startsWith(`exports/${org}/`));
    expect(keys).toEqual([(second.body as { export: { key: string } }).export.key]);

    expect(await url(platform, other)).toMatchObject(notFound);
    const admin = { token: stowage.dev.adminToken };
    expect(await url(admin)).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
  });

  it.each([
    ['/progress-photos', 'progress_photo', { note: 'week 4' }],
    ['/exercise-comments', 'exercise_comment', { text: 'knees' }],
    ['/messages', 'message', { text: 'hello' }],
  ])('are %s of a user it names, with links, for a coach or a recipient', async (path, ownerType, fields) => {
    for (const orgId of [org, other]) {
      const id = await uploaded({ ownerType, userId: ada.userId }, platform, orgId);
      expect((await write(path, { uploadIds: [id], ...fields })).status).toBe(201);
    }
    const own = await list(path);
    const read = (query: string, as = platform) => list(`${path}?${query}`, as);
    expect(await read(`userId=${ada.userId}`)).toEqual(own);
    expect(own.map(({ organizationId }) => organizationId)).toEqual([other, org]);
    const [row] = await read(`userId=${ada.userId}&organizationId=${org}`);
    expect(row).toMatchObject({ userId: ada.userId, organizationId: org, ...fields });
    expect(Buffer.from(await (await fetch(row?.files[0]?.url ?? '')).arrayBuffer())).toEqual(photo);
    const page = (await stowage.ok('GET', `${path}?userId=${ada.userId}&limit=1`, platform)) as { cursor: string };
    expect(await read(`userId=${ada.userId}&limit=1&cursor=${page.cursor}`)).toEqual(own.slice(1));
    expect(await read(`userId=${bob.userId}`)).toEqual([]);

    expect(await stowage.call('GET', path, platform)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', details: { issues: [{ path: 'query.userId' }] } },
    });
    // A user who names another one has their own all the same.
    expect(await read(`userId=${ada.userId}`, bob.as)).toEqual([]);
    expect((await stowage.call('GET', path, { token: stowage.dev.adminToken })).status).toBe(403);
  });
});

describe('what a visitor reads', () => {
  it('is a minisite that was published for the public, with its assets and nothing else, and caches may keep it', async () => {
    const visit = async (orgId = org) => {
      const response = await fetch(`${stowage.dev.baseUrl}/organizations/${orgId}/minisite`);
      return { status: response.status, cache: response.headers.get('cache-control'), body: await response.json() };
    };
    const asset = { mimeType: 'image/png', size: photo.byteLength, filename: 'holiday of ada.png' };
    const assets = `/organizations/${org}/minisite/assets`;
    const [shown, unused] = [
      (await stowage.ok('POST', assets, { ...ada.as, json: asset })) as Offer,
      (await stowage.ok('POST', assets, { ...ada.as, json: asset })) as Offer,
    ];
    for (const offer of [shown, unused]) expect(await put(offer)).toBe(200);
    const publish = (json: object) => stowage.ok('PUT', `/organizations/${org}/minisite/content`, { ...ada.as, json });

    const content = { title: 'Gym', hero: shown.uploadId };
    expect(await publish({ content, assetUploadIds: [shown.uploadId] })).toMatchObject({ public: false });
    const closed = await visit();
    expect(closed).toMatchObject({ status: 404, cache: 'no-store', body: { code: 'not_found' } });
    expect(await publish({ content, public: true })).toMatchObject({ public: true });

    const page = await visit();
    expect(page).toMatchObject({ status: 200, cache: 'public, max-age=60', body: { content } });
    const [link] = (page.body as { assets: { url: string; urlExpiresAt: string }[] }).assets;
    expect(page.body).toEqual({
      content,
      assets: [
        {
          uploadId: shown.uploadId,
          mimeType: 'image/png',
          sizeBytes: photo.byteLength,
          url: expect.any(String),
          urlExpiresAt: expect.any(String),
        },
      ],
      updatedAt: expect.any(String),
    });
    expect(Buffer.from(await (await fetch(link?.url ?? '')).arrayBuffer())).toEqual(photo);
    // Whoever finds the page in a cache has links that work.
    expect(Date.parse(link?.urlExpiresAt ?? '') - Date.now()).toBeGreaterThan(61_000);

    expect(await visit(other)).toMatchObject({ status: 404 });
    expect(await publish({ content, public: false })).toMatchObject({ public: false });
    expect((await visit()).status).toBe(404);
  });
});
