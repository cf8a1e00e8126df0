import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError, type FileView, fileOf } from '#test/e2e/expectations.ts';
import { asBackend, asPage, asUser, openStowage, stage, type TestApp, upload } from '#test/e2e/support.ts';
import { put } from '#test/support/direct.ts';
import { jpegPhoto } from '#test/support/images.ts';

/** Two apps with tokens for one session and lock: what the one keeps there is not the other's to see or to change. */
let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto()]);
});
afterAll(() => stowage.close());

async function twoApps(): Promise<[TestApp, TestApp]> {
  const [app, guest] = await Promise.all([stowage.app(), stowage.app()]);
  const { sessionId, lockId, files } = app;
  const claims = { token_use: 'session', sub: app.userId, appId: guest.appId, sessionId, lockId };
  return [app, { ...guest, sessionId, lockId, files, sessionToken: await stowage.token(claims) }];
}

const stateOf = ({ sessionId }: TestApp) => `/api/extensions/sessions/${sessionId}/state`;
const itemsOf = async (app: TestApp) =>
  ((await stowage.ok('GET', app.files, asPage(app))) as { items: FileView[] }).items.map(({ id }) => id);

describe('an app with a token for the session of another', () => {
  it('finds, lists and deletes no file of it', async () => {
    const [app, guest] = await twoApps();
    const { id } = fileOf(await upload(stowage, app, { bytes: photo }));
    expect(await itemsOf(guest)).toEqual([]);
    for (const caller of [asPage(guest), asBackend(guest)]) {
      expectError(await stowage.call('GET', `${app.files}/${id}`, caller), 404, 'file_not_found');
    }
    expectError(await stowage.call('DELETE', `${app.files}/${id}`, asBackend(guest)), 404, 'file_not_found');
    expect(await itemsOf(app)).toEqual([id]);
    expect((await stowage.call('GET', `${app.files}?cursor=${'f'.repeat(24)}`, asPage(guest))).body).toEqual({
      items: [],
    });
  });

  it('completes and deletes no upload that it did not begin', async () => {
    const [app, guest] = await twoApps();
    const json = { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: photo.length };
    const offer = (await stowage.ok('POST', `${app.files}/presign`, { ...asBackend(app), json })) as {
      uploadId: string;
      uploadUrl: string;
      method: 'PUT';
      headers: Record<string, string>;
      contentLength: number;
      expiresIn: number;
    };
    expect(await put(offer, photo)).toBe(200);
    const complete = { json: { uploadId: offer.uploadId } };
    const path = `${app.files}/complete`;
    expectError(await stowage.call('POST', path, { ...asBackend(guest), ...complete }), 404, 'file_not_found');
    const given = `${app.files}/${offer.uploadId}`;
    expectError(await stowage.call('DELETE', given, asBackend(guest)), 404, 'file_not_found');
    const mine = await stowage.call('POST', path, { ...asBackend(app), ...complete });
    expect(fileOf(mine).id).toBe(offer.uploadId);
  });

  it('has a state of its own there: it reads none of the other, and replaces none', async () => {
    const [app, guest] = await twoApps();
    const path = stateOf(app);
    await stowage.ok('PUT', path, { ...asBackend(app), json: { state: { of: 'app' } } });
    expect(await stowage.ok('GET', path, asPage(guest))).toEqual({ state: {}, updatedAt: null });
    await stowage.ok('PUT', path, { ...asBackend(guest), json: { state: { of: 'guest' } } });
    expect(await stowage.ok('GET', path, asPage(app))).toMatchObject({ state: { of: 'app' } });
    expect(await stowage.ok('GET', path, asPage(guest))).toMatchObject({ state: { of: 'guest' } });
  });

  it('meets none of its Idempotency-Keys', async () => {
    const [app, guest] = await twoApps();
    const options = { headers: { 'idempotency-key': 'same' } };
    const { id } = fileOf(await upload(stowage, app, { bytes: photo }, options));
    expect(fileOf(await upload(stowage, app, { bytes: photo }, options)).id).toBe(id);
    expect(fileOf(await upload(stowage, guest, { bytes: photo }, options)).id).not.toBe(id);
  });

  it("gets nowhere with its own developer key and the other's token, nor the other way round", async () => {
    const [app, guest] = await twoApps();
    for (const [key, sessionToken] of [
      [guest.key, app.sessionToken],
      [app.key, guest.sessionToken],
    ] as const) {
      for (const path of [app.files, stateOf(app)]) {
        expectError(await stowage.call('GET', path, asBackend({ key, sessionToken })), 401, 'unauthorized');
      }
    }
  });
});

it('the states of all apps go with their session', async () => {
  const [app, guest] = await twoApps();
  for (const one of [app, guest]) await stowage.ok('PUT', stateOf(one), { ...asBackend(one), json: { a: 1 } });
  const { sessionId } = app;
  const json = { eventId: crypto.randomUUID(), type: 'session.deleted', sessionId };
  await stowage.ok('POST', '/platform/lifecycle-events', { token: stowage.dev.platformToken, json });
  await stowage.drain();
  for (const one of [app, guest]) {
    expect(await stowage.ok('GET', stateOf(one), asPage(one))).toEqual({ state: {}, updatedAt: null });
    expectError(await stowage.call('PUT', stateOf(one), { ...asBackend(one), json: { a: 2 } }), 404, 'not_found');
  }
});

it('what a user staged in one app is not there in another, nor for another user', async () => {
  const [app, guest] = await twoApps();
  const { id } = fileOf(await stage(stowage, app, { bytes: photo }, { draftId: 'draft' }));
  const stranger = { token: await stowage.token({ token_use: 'user', sub: 'stranger' }) };
  for (const [setup, caller] of [
    [guest.setup, asUser(app)],
    [app.setup, stranger],
  ] as const) {
    const listed = await stowage.ok('GET', `${setup}/staged?draftId=draft`, caller);
    expect((listed as { items: unknown[] }).items).toEqual([]);
    expectError(await stowage.call('GET', `${setup}/${id}`, caller), 404, 'file_not_found');
    expectError(await stowage.call('DELETE', `${setup}/staged/${id}`, caller), 404, 'file_not_found');
  }
  const claim = (appId: string, userId: string) =>
    stowage.call('POST', `/platform/extensions/${appId}/claims`, {
      token: stowage.dev.platformToken,
      json: { userId, target: { type: 'lock', id: 'lock' }, config: { provider: 'chastify_storage', fileId: id } },
    });
  expectError(await claim(guest.appId, app.userId), 404, 'file_not_found');
  expectError(await claim(app.appId, 'stranger'), 404, 'file_not_found');
  expect((await claim(app.appId, app.userId)).status).toBe(200);
});
