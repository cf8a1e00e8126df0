import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileReference } from '../../server/src/index.ts';
import { all, type Integration, integrate, sessionOf } from './fixture.ts';

let world: Integration;
beforeAll(async () => {
  world = await integrate();
});
afterAll(async () => await world.close());

const csv = 'id,name\n1,Ada\n';
const pdf = new TextEncoder().encode('%PDF-1.7 signed');

describe('a platform with nothing but the package', () => {
  test('saves a config with a staged picture, shows it, and takes it back', async () => {
    const { platform, stowage } = world;
    const app = await world.app();
    const [kept, dropped] = [await app.stage({ draftId: 'draft-1' }), await app.stage({ draftId: 'draft-1' })];
    const target = { type: 'lock', id: app.lockId, sessionId: app.sessionId } as const;
    const config = {
      storageDraftId: 'draft-1',
      images: [{ ...fileReference(kept), title: 'Puzzle', signedUrl: 'https://gone.example/' }],
    };

    const claim = await platform.claims.create(app.appId, { userId: app.userId, target, config });
    expect(claim).toMatchObject({ claimed: [kept], deleted: [dropped] });
    expect(claim.config.images).toEqual([{ ...fileReference({ id: kept }), title: 'Puzzle' }]);

    const session = sessionOf(world, app);
    const { signedUrl, width } = await session.files.get(kept);
    expect(width).toBe(64);
    expect((await fetch(signedUrl)).status).toBe(200);

    await platform.claims.rollBack(claim.claimId);
    await expect(session.files.get(kept)).rejects.toMatchObject({ status: 404, code: 'file_not_found' });
    const again = await platform.claims.create(app.appId, { userId: app.userId, target, config, replace: true });
    expect(again.claimed).toEqual([kept]);

    await platform.events.lockDeleted(app.lockId);
    await stowage.drain();
    await expect(session.files.get(kept)).rejects.toMatchObject({ code: 'file_not_found' });
  });

  test('stores a picture too large for a form that nobody gave a type, as files of a disk come', async () => {
    const app = await world.app();
    const grain = randomBytes(1400 * 1400 * 3);
    const raw = { width: 1400, height: 1400, channels: 3 } as const;
    const png = Uint8Array.from(await sharp(grain, { raw }).png({ compressionLevel: 0 }).toBuffer());
    expect(png.byteLength).toBeGreaterThan(4 * 1024 * 1024);
    for (const bytes of [new Blob([png]), png]) {
      const stored = await sessionOf(world, app).files.upload({ bytes, filename: 'large.png' });
      expect(stored).toMatchObject({ mimeType: 'image/webp', width: 1400 });
    }
  });

  test('tells every kind of event', async () => {
    const { events } = world.platform;
    const name = crypto.randomUUID();
    const accepted = [
      await events.appDeleted(`app-${name}`),
      await events.sessionDeleted(`session-${name}`),
      await events.lockCloned({ lockId: `clone-${name}`, templateId: `template-${name}` }),
      await events.lockArchived(`clone-${name}`),
      await events.lockDeleted(`lock-${name}`),
      await events.templateDeleted(`template-${name}`, { eventId: `event-${name}` }),
    ];
    expect(accepted.map(({ status }) => status)).toEqual(accepted.map(() => 'accepted'));
    expect(new Set(accepted.map(({ eventId }) => eventId)).size).toBe(accepted.length);
    expect(accepted.at(-1)?.eventId).toBe(`event-${name}`);
  });

  test('keeps a clone its template, as it was told', async () => {
    const { platform, stowage } = world;
    const app = await world.app();
    const file = await app.stage();
    const templateId = `template-${app.lockId}`;
    const config = { image: fileReference(file) };
    await platform.claims.create(app.appId, {
      userId: app.userId,
      target: { type: 'template', id: templateId },
      config,
    });
    await platform.events.lockCloned({ lockId: app.lockId, templateId });
    await stowage.drain();
    expect(await sessionOf(world, app).files.get(file)).toMatchObject({ id: file, readOnly: true });
  });

  test('runs an organization: members, documents, exports, workouts and what it may read', async () => {
    const { platform, stowage, photo } = world;
    const org = `org-${crypto.randomUUID().slice(0, 8)}`;
    const ada = `ada-${org}`;
    expect(await platform.members.set(org, ada, 'active')).toMatchObject({ userId: ada, status: 'active' });

    const { token, expiresAt } = await platform.signatureTokens.create(org, 'consent', { expiresInSeconds: 3600 });
    expect(token).not.toBe('');
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());

    const first = await platform.compliance.store(org, { bytes: pdf, filename: 'consent.pdf', formId: 'consent' });
    const second = await platform.compliance.store(org, { bytes: pdf, filename: 'other.pdf' });
    expect(first).toMatchObject({ originalName: 'consent.pdf', formId: 'consent', sizeBytes: pdf.byteLength });
    await expect
      .poll(async () => (await all(platform.compliance.list(org))).map(({ id }) => id))
      .toEqual([second.id, first.id]);
    const opened = await platform.compliance.get(org, first.id);
    expect(await (await fetch(opened.url)).text()).toBe('%PDF-1.7 signed');

    expect(await platform.exports.run(org, 'job-1', csv)).toMatchObject({ jobId: 'job-1', sizeBytes: csv.length });
    expect(await (await fetch((await platform.exports.url(org, 'job-1')).url)).text()).toBe(csv);

    const place = { orgId: org, workoutId: 'workout-1', userId: ada };
    const media = await platform.workouts.upload(place, { bytes: photo, filename: 'squat.png', mimeType: 'image/png' });
    expect(media).toMatchObject({ originalName: 'squat.png', mimeType: 'image/png', sizeBytes: photo.byteLength });
    await platform.workouts.delete({ orgId: org, workoutId: 'workout-1', uploadId: media.uploadId });

    const offer = await platform.uploads.presign(org, {
      ownerType: 'message',
      userId: ada,
      mimeType: 'image/png',
      fileSize: 9,
    });
    expect(offer).toMatchObject({ method: 'PUT', contentLength: 9 });
    const user = { token: await stowage.token({ token_use: 'user', sub: ada }) };
    for (const text of ['one', 'two'])
      await stowage.ok('POST', '/messages', { ...user, json: { text, organizationId: org } });
    const messages = await all(platform.messages.list({ userId: ada, organizationId: org }));
    expect(messages.map(({ text }) => text)).toEqual(['two', 'one']);

    await expect(platform.minisite.visit(org)).rejects.toMatchObject({ code: 'not_found' });
    await stowage.ok('PUT', `/organizations/${org}/minisite/content`, {
      ...user,
      json: { content: { title: 'North' }, public: true },
    });
    expect((await platform.minisite.visit(org)).content).toEqual({ title: 'North' });
  });

  test('sends what no request carries directly, and gets the same answer', async () => {
    const { platform } = world;
    const org = `org-${crypto.randomUUID().slice(0, 8)}`;
    const long = 'id,name\n'.padEnd(5 * 1024 * 1024, 'x,y\n');
    const run = await platform.exports.run(org, 'job-1', new Blob([long]));
    expect(run).toMatchObject({ jobId: 'job-1', sizeBytes: long.length });
    const { url } = await platform.exports.url(org, 'job-1');
    expect((await (await fetch(url)).text()) === long).toBe(true);

    const bytes = new Blob([pdf, new Uint8Array(5 * 1024 * 1024)]);
    const deed = await platform.compliance.store(org, { bytes, filename: 'deed.pdf', formId: 'deed' });
    expect(deed).toMatchObject({ originalName: 'deed.pdf', formId: 'deed', sizeBytes: bytes.size });
  });
});

describe('an administrator', () => {
  test('changes any subset of the settings, and reads what is used', async () => {
    const { admin } = world;
    const app = await world.app();
    await app.stage();
    const changed = await admin.storage.set(app.appId, { maxBytesPerSession: 1024 });
    expect(changed.settings).toMatchObject({ enabled: true, maxBytesPerSession: 1024 });
    const { usage } = await admin.storage.get(app.appId);
    expect(usage.fileCount).toBe(1);
    expect(usage.usedBytes).toBeGreaterThan(0);
    expect(await admin.uploads.get()).toMatchObject({ allowedTypes: expect.any(Array) });
    const { graceSeconds } = await admin.uploads.get();
    expect(await admin.uploads.set({ graceSeconds })).toMatchObject({ graceSeconds });
  });

  test('creates, lists and revokes keys', async () => {
    const { admin } = world;
    const app = await world.app();
    const second = await admin.developerKeys.create(app.appId, 'second');
    expect(second.key).toMatch(new RegExp(`^sk_${app.appId}_`));
    const keys = await all(admin.developerKeys.list(app.appId));
    expect(keys.map(({ label }) => label)).toEqual(['test', 'second']);
    expect(JSON.stringify(keys)).not.toContain(second.key);
    await admin.developerKeys.revoke(app.appId, app.keyId);
    await expect
      .poll(() =>
        sessionOf(world, app)
          .files.get('66f2a1b40a1b2c3d4e5f6071')
          .catch((error) => error.code),
      )
      .toBe('unauthorized');
  });

  test('looks up apps, usage, what was changed, and dead letters', async () => {
    const { admin } = world;
    const app = await world.app();
    await app.stage();
    expect(await all(admin.apps.list({ search: app.appId }))).toMatchObject([{ appId: app.appId, fileCount: 1 }]);
    expect(await all(admin.apps.usage(app.appId, { by: 'day' }))).toMatchObject([{ fileCount: 1 }]);
    const entries = await all(admin.audit({ appId: app.appId }));
    expect(entries.map(({ action }) => action)).toContain('app.key.created');
    const queues = await admin.deadLetters.list();
    expect(queues.map(({ name }) => name)).toContain('lifecycle');
    expect(await admin.deadLetters.look('lifecycle')).toEqual([]);
    expect(await admin.deadLetters.redrive('lifecycle')).toMatchObject({ total: 0 });
    expect(await all(admin.listUploads({ ownerId: 'nobody' }))).toEqual([]);
    expect(await all(admin.listOrganizationUploads('no-org'))).toEqual([]);
    await admin.reconcile({ dryRun: false });
    for await (const { by } of admin.reports()) {
      expect(by).toBe('administrator');
      break;
    }
  });

  test('has drift looked for without a change', async () => {
    expect(await world.admin.reconcile({ dryRun: true })).toMatchObject({ dryRun: true, repaired: 0 });
  });
});

describe("an extension's backend", () => {
  test('uploads, lists, reads and deletes for the session of the token', async () => {
    const app = await world.app();
    const session = sessionOf(world, app);
    expect(session.sessionId).toBe(app.sessionId);
    expect(await session.capabilities()).toMatchObject({ enabled: true, provider: 'r2' });
    const older = await session.files.upload({ bytes: world.photo, filename: 'ä.png', purpose: 'preview' });
    const newer = await session.files.upload({ bytes: new File([world.photo], 'b.png', { type: 'image/png' }) });
    expect(older).toMatchObject({ originalName: 'ä.png', purpose: 'preview', mimeType: 'image/webp' });
    expect((await all(session.files.list())).map(({ originalName }) => originalName)).toEqual(['b.png', 'ä.png']);
    await session.files.delete(newer.id);
    expect((await all(session.files.list())).map(({ id }) => id)).toEqual([older.id]);
  });

  test('lets a browser PUT by itself and completes', async () => {
    const session = sessionOf(world, await world.app());
    const { photo } = world;
    const facts = { filename: 'photo.png', mimeType: 'image/png', sizeBytes: photo.byteLength };
    const { uploadId, uploadUrl, headers } = await session.files.presign(facts);
    expect((await fetch(uploadUrl, { method: 'PUT', headers, body: photo })).status).toBe(200);
    const file = await session.files.complete(uploadId);
    expect(await session.files.complete(uploadId)).toMatchObject({ id: file.id });
  });

  test('keeps state, also a state that has a field of that name', async () => {
    const session = sessionOf(world, await world.app());
    expect(await session.state.get()).toEqual({ state: {}, updatedAt: null });
    await session.state.put({ state: { nested: true } });
    expect((await session.state.get()).state).toEqual({ state: { nested: true } });
  });

  test.each(['', 'none', 'a.b.c', `x.${btoa('{"sub":"user-1"}')}.y`])('knows %j for no session token', (token) => {
    const app = { key: 'sk_app_secret', sessionToken: token } as Parameters<typeof sessionOf>[1];
    expect(() => sessionOf(world, app)).toThrow(expect.objectContaining({ code: 'unauthorized', status: 401 }));
  });
});
