import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallOptions, openStowage } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
const org = `org-${crypto.randomUUID().slice(0, 8)}`;
const other = `other-${org}`;
const photo = Buffer.from('the bytes of a photo');

interface Person {
  userId: string;
  as: CallOptions;
}

let ada: Person;
let bob: Person;
let nobody: Person;
let platform: CallOptions;

beforeAll(async () => {
  stowage = await openStowage();
  platform = { token: stowage.dev.platformToken };
  [ada, bob, nobody] = await Promise.all([person(`ada-${org}`), person(`bob-${org}`), person(`nobody-${org}`)]);
  await Promise.all([member(ada, org), member(bob, org), member(ada, other)]);
}, 120_000);
afterAll(() => stowage?.close());

async function person(userId: string): Promise<Person> {
  return { userId, as: { token: await stowage.token({ token_use: 'user', sub: userId }) } };
}

const member = (who: Person, orgId: string, status = 'active') =>
  stowage.ok('PUT', `/platform/organizations/${orgId}/members/${who.userId}`, { ...platform, json: { status } });

interface Offer {
  uploadUrl: string;
  uploadId: string;
  expiresIn: number;
  method: string;
  headers: Record<string, string>;
}

const declared = { mimeType: 'image/jpeg', fileSize: photo.byteLength };
const presign = (json: object = {}, as: CallOptions = ada.as, orgId = org) =>
  stowage.call('POST', `/organizations/${orgId}/uploads/presign`, {
    ...as,
    json: { ownerType: 'progress_photo', ...declared, ...json },
  });

/** PUTs with exactly the headers that were answered; content-length is set by the client itself. */
async function put(offer: Offer, bytes: Buffer = photo, headers: Record<string, string> = {}): Promise<number> {
  const { 'content-length': _, ...signed } = offer.headers;
  const init = { method: 'PUT', headers: { ...signed, ...headers }, body: new Uint8Array(bytes) };
  return (await fetch(offer.uploadUrl, init)).status;
}

async function uploaded(json: object = {}, as: CallOptions = ada.as, orgId = org): Promise<string> {
  const answer = await presign(json, as, orgId);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const offer = answer.body as Offer;
  expect(await put(offer)).toBe(200);
  return offer.uploadId;
}

const write = (path: string, json: object, as: CallOptions = ada.as) => stowage.call('POST', path, { ...as, json });

interface Row {
  id: string;
  organizationId: string;
  text?: string;
  files: { uploadId: string; key: string; url: string; mimeType: string }[];
}
const list = async (path: string, as: CallOptions = ada.as) =>
  ((await stowage.ok('GET', path, as)) as { items: Row[]; cursor?: string }).items;

const error = (status: number, code: string, message: string) => ({
  status,
  body: expect.objectContaining({ status: 'error', code, message, requestId: expect.any(String) }),
});

describe('an upload of a member', () => {
  it('goes from presign over PUT and parent to a link that opens the same bytes', async () => {
    const answer = await presign({ filename: 'C:\\fakepath\\me.jpg' });
    expect(answer.status).toBe(201);
    const offer = answer.body as Offer;
    expect(offer).toMatchObject({ expiresIn: 600, method: 'PUT' });
    expect(Object.keys(offer.headers).sort()).toEqual(['content-length', 'content-type', 'if-none-match']);
    expect(await put(offer)).toBe(200);

    const takenAt = '2026-11-20T10:00:00Z';
    const created = await write('/progress-photos', { uploadIds: [offer.uploadId], takenAt, note: 'front' });
    expect(created.status).toBe(201);
    const row = created.body as Row;
    expect(row).toMatchObject({ organizationId: org, userId: ada.userId, takenAt, note: 'front' });
    expect(row.files).toMatchObject([
      {
        uploadId: offer.uploadId,
        key: `progress-photos/${ada.userId}/${offer.uploadId}.jpg`,
        mimeType: 'image/jpeg',
        sizeBytes: photo.byteLength,
        originalName: 'me.jpg',
      },
    ]);

    const [listed] = await list('/progress-photos');
    expect(listed?.id).toBe(row.id);
    const response = await fetch(listed?.files[0]?.url ?? '');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(photo);
    // Stable: the next list shows the same link, so that a browser's cache is hit.
    expect((await list('/progress-photos'))[0]?.files[0]?.url).toBe(listed?.files[0]?.url);
    expect((await stowage.bucketKeys()).filter((key) => key.startsWith('incoming/'))).toEqual([]);
  });

  it('takes both spellings of the seed, and refuses two different ones', async () => {
    const path = `/organizations/${org}/uploads/presign`;
    const ask = (json: object) =>
      stowage.call('POST', path, { ...ada.as, json: { ownerType: 'progress_photo', ...json } });
    expect((await ask({ mime: 'image/png', size: 5 })).status).toBe(201);
    expect((await ask({ mime: 'image/png', mimeType: 'image/png', size: 5, fileSize: 5 })).status).toBe(201);
    for (const bad of [
      { mime: 'image/png' },
      { size: 5 },
      { mime: 'image/png', mimeType: 'image/jpeg', size: 5 },
      { mime: 'image/png', size: 5, fileSize: 6 },
      { mime: 'image/png', size: 0 },
      { mime: 'image/png', size: 1.5 },
      { mime: 'image/png', size: '5' },
      { mime: 'image/png', size: -1 },
    ]) {
      const answer = await ask(bad);
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'validation_failed']);
    }
  });

  it('becomes a comment with a picture and a video, and is listed page by page, by organization', async () => {
    const files = [
      await uploaded({ ownerType: 'exercise_comment', mimeType: 'image/heic' }),
      await uploaded({ ownerType: 'exercise_comment', mimeType: 'video/quicktime' }),
    ];
    expect((await write('/exercise-comments', { uploadIds: files, text: 'one' })).status).toBe(201);
    const there = await uploaded({ ownerType: 'exercise_comment' }, ada.as, other);
    expect((await write('/exercise-comments', { uploadIds: [there], text: 'two' })).status).toBe(201);

    const all = await list('/exercise-comments');
    expect(all.map(({ text, organizationId }) => [text, organizationId])).toEqual([
      ['two', other],
      ['one', org],
    ]);
    expect(all[1]?.files.map(({ key }) => key.replace(/^.*\./, ''))).toEqual(['heic', 'mov']);
    const page = (await stowage.ok('GET', '/exercise-comments?limit=1', ada.as)) as { items: Row[]; cursor: string };
    expect(page.items).toHaveLength(1);
    expect((await list(`/exercise-comments?limit=1&cursor=${page.cursor}`)).map(({ text }) => text)).toEqual(['one']);
    expect((await list(`/exercise-comments?organizationId=${org}`)).map(({ text }) => text)).toEqual(['one']);
    expect(await list('/exercise-comments', bob.as)).toEqual([]);
  });

  it('of a message is presigned by the platform for its user, who sends it', async () => {
    expect(await presign({ ownerType: 'message' })).toMatchObject(
      error(403, 'insufficient_scope', 'Uploads of messages are presigned by the platform.'),
    );
    expect((await presign({ ownerType: 'message' }, platform)).status).toBe(400);
    expect(await presign({ ownerType: 'message', userId: nobody.userId }, platform)).toMatchObject(
      error(403, 'not_active_member', 'Not an active member'),
    );
    const id = await uploaded({ ownerType: 'message', userId: ada.userId }, platform);
    expect(await write('/messages', { uploadIds: [id], text: 'hi' }, bob.as)).toMatchObject(
      error(403, 'upload_not_owned', 'Upload does not belong to caller'),
    );
    expect((await write('/messages', { uploadIds: [id], text: 'hi' })).status).toBe(201);
    expect((await list('/messages'))[0]).toMatchObject({
      text: 'hi',
      files: [{ key: `messages/uploads/${ada.userId}/${id}.jpg` }],
    });
  });
});

describe("the seed's failure table", () => {
  it('presign called for an inactive membership, until the member is active again', async () => {
    const inactive = error(403, 'not_active_member', 'Not an active member');
    expect(await presign({}, nobody.as)).toMatchObject(inactive);
    await member(nobody, org, 'inactive');
    expect(await presign({}, nobody.as)).toMatchObject(inactive);
    await member(nobody, org, 'active');
    expect((await presign({}, nobody.as)).status).toBe(201);
    await member(nobody, org, 'inactive');
  });

  it('MIME and size policy violations', async () => {
    expect(await presign({ mimeType: 'image/svg+xml' })).toMatchObject(
      error(400, 'invalid_file_type', 'Unsupported file type'),
    );
    expect(await presign({ fileSize: 15 * 1024 * 1024 + 1 })).toMatchObject(
      error(400, 'file_too_large', 'File too large'),
    );
    const huge = await presign({ mimeType: 'text/html', fileSize: 100 * 1024 * 1024 + 1 });
    expect(huge).toMatchObject(error(400, 'file_too_large', 'File too large'));
    expect(huge.body).toMatchObject({ details: { maxBytes: 104_857_600 } });
  });

  it('a direct PUT that is not what was signed', async () => {
    const offer = (await presign()).body as Offer;
    expect(await put({ ...offer, uploadUrl: `${offer.uploadUrl}0` })).toBe(403);
    expect(await put(offer, photo, { 'content-type': 'text/html' })).toBe(403);
    expect(await put(offer, Buffer.concat([photo, photo]))).toBe(403);
    expect(await put(offer)).toBe(200);
    expect(await put(offer)).toBe(412);
  });

  it('parent write before the PUT succeeds, and after', async () => {
    const offer = (await presign()).body as Offer;
    const json = { uploadIds: [offer.uploadId] };
    expect(await write('/progress-photos', json)).toMatchObject(
      error(400, 'file_not_uploaded', `File ${offer.uploadId} was not uploaded`),
    );
    await put(offer);
    expect((await write('/progress-photos', json)).status).toBe(201);
  });

  it("parent write with another user's uploadId", async () => {
    const uploadIds = [await uploaded({}, bob.as)];
    expect(await write('/progress-photos', { uploadIds })).toMatchObject(
      error(403, 'upload_not_owned', 'Upload does not belong to caller'),
    );
    expect((await write('/progress-photos', { uploadIds }, bob.as)).status).toBe(201);
  });

  it('unknown, consumed and mixed-up uploads, naming the one at fault', async () => {
    const id = await uploaded();
    expect((await write('/progress-photos', { uploadIds: [id] })).status).toBe(201);
    for (const missing of [id, crypto.randomUUID(), 'nonsense']) {
      const answer = await write('/progress-photos', { uploadIds: [missing] });
      expect(answer).toMatchObject(error(400, 'upload_not_found', 'Upload not found or expired'));
      expect(answer.body).toMatchObject({ details: { uploadId: missing } });
    }
    const [fresh, comment] = [await uploaded(), await uploaded({ ownerType: 'exercise_comment' })];
    for (const uploadIds of [[fresh, fresh], [comment], [], Array.from({ length: 21 }, () => crypto.randomUUID())]) {
      expect((await write('/progress-photos', { uploadIds })).status).toBe(400);
    }
    expect((await write('/progress-photos', { uploadIds: [fresh] })).status).toBe(201);
  });
});

describe('what belongs to an organization', () => {
  const asset = { mimeType: 'image/png', size: photo.byteLength };

  it('its logo is there once its bytes are, is replaced whole, and is for members', async () => {
    const path = `/organizations/${org}/logo`;
    expect((await stowage.call('GET', path, ada.as)).status).toBe(404);
    const first = (await stowage.ok('POST', path, { ...ada.as, json: asset })) as Offer;
    expect(await put(first)).toBe(200);
    const logo = (await stowage.ok('GET', path, bob.as)) as { uploadId: string; url: string; key: string };
    expect(logo.uploadId).toBe(first.uploadId);
    expect(Buffer.from(await (await fetch(logo.url)).arrayBuffer())).toEqual(photo);

    const second = (await stowage.ok('POST', path, { ...ada.as, json: asset })) as Offer;
    await put(second);
    const done = await stowage.ok('POST', path, { ...ada.as, json: { uploadId: second.uploadId } });
    expect(done).toMatchObject({ logo: { uploadId: second.uploadId } });
    await stowage.drain();
    expect(await stowage.bucketKeys()).not.toContain(logo.key);
    for (const method of ['GET', 'POST']) {
      const options = method === 'POST' ? { ...nobody.as, json: asset } : nobody.as;
      expect(await stowage.call(method, path, options)).toMatchObject(
        error(403, 'not_active_member', 'Not an active member'),
      );
    }
    expect((await stowage.call('POST', path, { ...ada.as, json: { mimeType: 'image/svg+xml', size: 1 } })).status).toBe(
      400,
    );
  });

  it('its minisite keeps content and assets together', async () => {
    const path = `/organizations/${org}/minisite/content`;
    const presigned = (await stowage.ok('POST', `/organizations/${org}/minisite/assets`, {
      ...ada.as,
      json: asset,
    })) as Offer;
    await put(presigned);
    const content = { title: 'Gym', blocks: [{ image: presigned.uploadId }] };
    await stowage.ok('PUT', path, { ...ada.as, json: { content, assetUploadIds: [presigned.uploadId] } });
    const page = (await stowage.ok('GET', path, bob.as)) as {
      content: unknown;
      assets: { url: string; key: string }[];
    };
    expect(page.content).toEqual(content);
    expect((await fetch(page.assets[0]?.url ?? '')).status).toBe(200);

    const large = { content: { text: 'x'.repeat(256 * 1024) } };
    expect((await stowage.call('PUT', path, { ...ada.as, json: large })).status).toBe(400);
    expect((await stowage.call('PUT', path, { ...nobody.as, json: { content } })).status).toBe(403);
    await stowage.ok('PUT', path, { ...ada.as, json: { content: {}, assetUploadIds: [] } });
    await stowage.drain();
    expect(await stowage.bucketKeys()).not.toContain(page.assets[0]?.key);
  });

  it("its workouts give links to their own media and to nobody else's", async () => {
    const path = `/organizations/${org}/workouts/w1/media/urls`;
    const own = `workouts/${org}/w1/squat.jpg`;
    const answer = (await stowage.ok('POST', path, { ...ada.as, json: { keys: [own] } })) as {
      urls: { key: string; url: string }[];
    };
    expect(answer.urls).toMatchObject([{ key: own, url: expect.stringContaining('X-Amz-Signature') }]);
    for (const key of [
      `workouts/${other}/w1/a.jpg`,
      `workouts/${org}/w2/a.jpg`,
      `workouts/${org}/w1/../../x`,
      'compliance/x',
    ]) {
      expect((await stowage.call('POST', path, { ...ada.as, json: { keys: [own, key] } })).status).toBe(404);
    }
    expect((await stowage.call('POST', path, { ...nobody.as, json: { keys: [own] } })).status).toBe(403);
  });

  it('its exports are stored once and downloaded by members for a minute', async () => {
    const path = `/platform/organizations/${org}/exports/job-1`;
    const send = (body: string, type = 'text/csv; charset=utf-8') =>
      stowage.call('POST', path, { ...platform, headers: { 'content-type': type }, body });
    const csv = 'name,note\r\n"Zoë","said ""hi"""\r\n';
    const first = await send(csv);
    expect(first.status).toBe(201);
    expect((await send(csv)).body).toEqual(first.body);
    expect(await send('other')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await send(csv, 'application/json')).toMatchObject(error(400, 'invalid_file_type', 'Unsupported file type'));
    expect(await send('x'.repeat(4 * 1024 * 1024 + 1))).toMatchObject(error(400, 'file_too_large', 'File too large'));
    expect((await send('')).status).toBe(400);

    const { url, expiresAt } = (await stowage.ok('GET', `/organizations/${org}/exports/job-1/url`, ada.as)) as {
      url: string;
      expiresAt: string;
    };
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await (await fetch(url)).text()).toBe(csv);
    expect((await stowage.call('GET', `/organizations/${org}/exports/job-2/url`, ada.as)).status).toBe(404);
    expect((await stowage.call('GET', `/organizations/${other}/exports/job-1/url`, ada.as)).status).toBe(404);
    expect((await stowage.call('GET', `/organizations/${org}/exports/job-1/url`, nobody.as)).status).toBe(403);
  });

  it('its forms are signed once by link, and the signed PDF stays for seven years', async () => {
    const tokens = `/platform/organizations/${org}/forms/waiver/signature-tokens`;
    const { token, expiresAt } = (await stowage.ok('POST', tokens, platform)) as { token: string; expiresAt: string };
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const path = `/forms/by-token/${token}/signature-upload`;
    expect((await stowage.call('POST', path, { json: { size: 5, mimeType: 'image/jpeg' } })).status).toBe(400);
    const offer = (await stowage.ok('POST', path, { json: { size: photo.byteLength } })) as Offer;
    expect(offer.headers['content-type']).toBe('image/png');
    expect(await put(offer)).toBe(200);
    const again = await stowage.call('POST', path, { json: { size: photo.byteLength } });
    const unknown = await stowage.call('POST', `/forms/by-token/${'A'.repeat(43)}/signature-upload`, {
      json: { size: 1 },
    });
    expect([again.status, unknown.status]).toEqual([404, 404]);

    const form = (bytes: string) => {
      const body = new FormData();
      body.set('signatureUploadId', offer.uploadId);
      body.set('file', new Blob([bytes], { type: 'application/pdf' }), 'waiver.pdf');
      return body;
    };
    const documents = `/platform/organizations/${org}/compliance-documents`;
    expect(await stowage.call('POST', documents, { ...platform, body: form('<html>') })).toMatchObject(
      error(400, 'invalid_file_type', 'Unsupported file type'),
    );
    const created = await stowage.call('POST', documents, { ...platform, body: form('%PDF-1.7 signed') });
    expect(created.status).toBe(201);
    const { document } = created.body as { document: { id: string; formId: string; retainedUntil: string } };
    expect(document.formId).toBe('waiver');
    const years = new Date(document.retainedUntil).getUTCFullYear() - new Date().getUTCFullYear();
    expect(years).toBe(7);
    const refused = await stowage.call('DELETE', `${documents}/${document.id}`, platform);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'retained_until', details: { until: document.retainedUntil } },
    });
    const elsewhere = `/platform/organizations/${other}/compliance-documents/${document.id}`;
    expect((await stowage.call('DELETE', elsewhere, platform)).status).toBe(404);
  });
});

describe('callers', () => {
  it.each([
    ['POST', '/organizations/o/uploads/presign'],
    ['POST', '/progress-photos'],
    ['GET', '/progress-photos'],
    ['POST', '/exercise-comments'],
    ['GET', '/exercise-comments'],
    ['POST', '/messages'],
    ['GET', '/messages'],
    ['POST', '/organizations/o/logo'],
    ['GET', '/organizations/o/logo'],
    ['POST', '/organizations/o/minisite/assets'],
    ['PUT', '/organizations/o/minisite/content'],
    ['GET', '/organizations/o/minisite/content'],
    ['POST', '/organizations/o/workouts/w/media/urls'],
    ['GET', '/organizations/o/exports/j/url'],
  ])('%s %s is for users: without a token and with a session token it is 401', async (method, path) => {
    for (const options of [{}, { token: 'x' }, { token: stowage.dev.sessionToken }]) {
      expect(await stowage.call(method, path, options)).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
    const service = await stowage.call(method, path, { token: stowage.dev.adminToken });
    expect([401, 403]).toContain(service.status);
  });

  it.each([
    ['PUT', '/platform/organizations/o/members/u'],
    ['POST', '/platform/organizations/o/compliance-documents'],
    ['DELETE', '/platform/organizations/o/compliance-documents/d'],
    ['POST', '/platform/organizations/o/exports/j'],
    ['POST', '/platform/organizations/o/forms/f/signature-tokens'],
  ])('%s %s is for the platform', async (method, path) => {
    expect((await stowage.call(method, path)).status).toBe(401);
    expect((await stowage.call(method, path, ada.as)).status).toBe(401);
    expect(await stowage.call(method, path, { token: stowage.dev.adminToken })).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope' },
    });
  });
});
