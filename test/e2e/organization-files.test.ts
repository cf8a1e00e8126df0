import { afterAll, describe, expect, it } from 'vitest';
import { error, type Offer, openOrganizations, photo, put } from './organization-support.ts';

const { stowage, org, other, platform, ada, bob, nobody } = await openOrganizations();
afterAll(() => stowage.close());

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
    // Nothing lies there, so there is nothing to link to.
    expect(answer).toEqual({ urls: [], missing: [own] });
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

  it('its exports are stored by job and downloaded by members for a minute', async () => {
    const path = `/platform/organizations/${org}/exports/job-1`;
    const send = (body: string, type = 'text/csv; charset=utf-8') =>
      stowage.call('POST', path, { ...platform, headers: { 'content-type': type }, body });
    const csv = 'name,note\r\n"Zoë","said ""hi"""\r\n';
    const first = await send(csv);
    expect(first.status).toBe(201);
    expect((await send(csv)).body).toEqual(first.body);
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
    await stowage.ok('POST', path, { json: { size: photo.byteLength } });
    // The page was loaded again, and asks without saying how large it will be.
    const offer = (await stowage.ok('POST', path)) as Offer;
    expect(offer).toMatchObject({ maxBytes: 1_048_576 });
    expect(offer.headers['content-type']).toBe('image/png');
    expect(await put(offer)).toBe(200);
    const unknown = await stowage.call('POST', `/forms/by-token/${'A'.repeat(43)}/signature-upload`, {
      json: { size: 1 },
    });
    expect(unknown.status).toBe(404);

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
    expect((await stowage.call('POST', path)).status).toBe(404);
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
    ['POST', '/exercise-comments'],
    ['POST', '/messages'],
    ['POST', '/organizations/o/logo'],
    ['GET', '/organizations/o/logo'],
    ['POST', '/organizations/o/minisite/assets'],
    ['PUT', '/organizations/o/minisite/content'],
    ['GET', '/organizations/o/minisite/content'],
    ['POST', '/organizations/o/workouts/w/media/urls'],
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
    ['GET', '/platform/organizations/o/compliance-documents'],
    ['GET', '/platform/organizations/o/compliance-documents/d'],
    ['DELETE', '/platform/organizations/o/compliance-documents/d'],
    ['POST', '/platform/organizations/o/compliance-documents/upload'],
    ['POST', '/platform/organizations/o/exports/j'],
    ['POST', '/platform/organizations/o/exports/j/upload'],
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
