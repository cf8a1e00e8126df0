import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppFileView } from '#contracts/admin-file-views.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { administrator, type Page } from './admin-support.ts';
import { expectError } from './expectations.ts';
import { asBackend, asUser, eventually, openStowage, type TestApp } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

const { admin, get, stageOne, uploadOne } = administrator(() => ({ stowage, photo }));
const platform = () => ({ token: stowage.dev.platformToken });

const list = (app: TestApp, query = '') => get<Page<AppFileView>>(`${app.admin}/files${query}`);
const ids = async (app: TestApp, query = '') => (await list(app, query)).items.map(({ id }) => id);

interface Detail {
  file: AppFileView & { bucketKey: string; claimIds: string[]; variants: object };
  why: {
    state: string;
    summary: string;
    heldBy: object[];
    goes: { by: string; at?: string; summary: string };
    cleanups: { type: string; id: string }[];
    timeline: { at: string; event: string; summary: string; claimId?: string }[];
  };
}
const detail = (app: TestApp, id: string) => get<Detail>(`${app.admin}/files/${id}`);

async function claim(app: TestApp, id: string, target: object = { type: 'lock', id: app.lockId }): Promise<string> {
  const config = { image: { provider: 'chastify_storage', fileId: id } };
  const json = { userId: app.userId, target, config };
  const path = `/platform/extensions/${app.appId}/claims`;
  return ((await stowage.ok('POST', path, { ...platform(), json })) as { claimId: string }).claimId;
}

async function presign(app: TestApp): Promise<string> {
  const json = { filename: 'later.jpg', mimeType: 'image/jpeg', sizeBytes: photo.byteLength };
  const caller = asBackend(app);
  return ((await stowage.ok('POST', `${app.files}/presign`, { ...caller, json })) as { uploadId: string }).uploadId;
}

describe("the list of an app's files", () => {
  it('shows every state, newest first, with a link where there are bytes', async () => {
    const app = await stowage.app();
    const inSession = await uploadOne(app);
    const claimed = await stageOne(app);
    await claim(app, claimed.id);
    const staged = await stageOne(app);
    const pending = await presign(app);
    await eventually(async () => expect(await ids(app)).toEqual([pending, staged.id, claimed.id, inSession.id]));

    const { items } = await list(app);
    expect(items.map(({ state }) => state)).toEqual(['pending', 'staged', 'claimed', 'session']);
    expect(items.map(({ holder }) => holder?.id)).toEqual([app.lockId, undefined, app.lockId, app.lockId]);
    expect(items[3]).toStrictEqual({
      id: inSession.id,
      appId: app.appId,
      state: 'session',
      originalName: 'photo.jpg',
      mimeType: 'image/webp',
      sizeBytes: inSession.sizeBytes,
      width: 64,
      height: 48,
      thumbhash: inSession.thumbhash,
      userId: app.userId,
      sessionId: app.sessionId,
      holder: { type: 'lock', id: app.lockId },
      purpose: null,
      draftId: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      expiresAt: null,
      signedUrl: expect.any(String),
      urlExpiresAt: expect.any(String),
    });
    expect((await fetch(items[3]?.signedUrl ?? '')).status).toBe(200);
    expect(items[0]).not.toHaveProperty('signedUrl');
    const bare = await list(app, '?links=false');
    expect(bare.items.every((item) => !('signedUrl' in item))).toBe(true);
  });

  it.each([
    ['state=pending', ['pending']],
    ['state=staged', ['second', 'first']],
    ['state=claimed', []],
    ['state=session', ['session']],
    ['state=expired', []],
    ['state=deleting', []],
    ['search=FIRST', ['first']],
    ['search=.jpg&state=staged', ['second', 'first']],
    ['userId=nobody', []],
  ])('asked for %s shows no other', async (query, names) => {
    const app = await stowage.app();
    const made: Record<string, string> = {
      session: (await uploadOne(app, 'third.jpg')).id,
      first: (await stageOne(app, 'first.jpg')).id,
      second: (await stageOne(app, 'second.jpg')).id,
      pending: await presign(app),
    };
    await eventually(async () => expect(await ids(app)).toHaveLength(4));
    expect(await ids(app, `?${query}`)).toEqual(names.map((name) => made[name]));
  });

  it('goes page by page, by session too, and takes no cursor of another list', async () => {
    const app = await stowage.app();
    const made = [await uploadOne(app), await uploadOne(app), await uploadOne(app)].map(({ id }) => id).reverse();
    await eventually(async () => expect(await ids(app)).toEqual(made));
    for (const filter of ['', `&sessionId=${app.sessionId}`, `&search=photo&userId=${app.userId}`]) {
      const first = await list(app, `?limit=2${filter}`);
      const second = await list(app, `?limit=2&cursor=${first.cursor}${filter}`);
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made);
      expect(second).not.toHaveProperty('cursor');
    }
    for (const query of ['cursor=nothing', 'cursor=0:', 'state=gone', 'limit=0', 'links=yes', 'search=']) {
      const answer = await stowage.call('GET', `${app.admin}/files?${query}`, admin());
      expectError(answer, 400, 'validation_failed');
    }
  });
});

describe('why a file is there', () => {
  it('is told of a staged file: by whom, until when', async () => {
    const app = await stowage.app();
    const { id, expiresAt } = await stageOne(app);
    const { file, why } = await detail(app, id);
    expect(file).toMatchObject({ id, state: 'staged', claimIds: [], variants: {} });
    expect(file.bucketKey).toMatch(/^extensions\/[0-9a-f]{44}\.webp$/);
    expect((await fetch(file.signedUrl ?? '')).status).toBe(200);
    expect(why).toStrictEqual({
      state: 'staged',
      summary: `Staged by user ${app.userId} and not claimed: it waits for a saved config that names it.`,
      heldBy: [{ type: 'user', id: app.userId }],
      goes: { by: 'expiry', at: expiresAt, summary: expect.any(String) },
      cleanups: [],
      timeline: [
        { at: file.createdAt, event: 'created', summary: 'Upload in a setup screen began.', userId: app.userId },
        { at: expect.any(String), event: 'ready', summary: expect.any(String) },
      ],
    });
  });

  it('is told of a claimed file with its claim, of one rolled back with that, and of a deleted holder with its clean-up', async () => {
    const app = await stowage.app();
    const { id } = await stageOne(app);
    const claimId = await claim(app, id);
    const claimed = await detail(app, id);
    expect(claimed.file.claimIds).toEqual([claimId]);
    expect(claimed.why).toMatchObject({
      state: 'claimed',
      heldBy: [{ type: 'lock', id: app.lockId }],
      goes: { by: 'holder', summary: expect.stringContaining('Rolling its last claim back') },
    });
    expect(claimed.why.timeline.map(({ event }) => event)).toEqual(['created', 'ready', 'claimed']);
    expect(claimed.why.timeline[2]).toMatchObject({ claimId, summary: `Claimed for lock ${app.lockId}.` });

    await stowage.ok('DELETE', `/platform/extensions/claims/${claimId}`, platform());
    const back = await detail(app, id);
    expect(back.why.state).toBe('staged');
    expect(back.why.timeline.map(({ event }) => event)).toEqual(['created', 'ready', 'rolled_back']);

    await claim(app, id, { type: 'template', id: `template-of-${app.appId}` });
    const template = { type: 'template', id: `template-of-${app.appId}`, clones: 0 };
    expect((await detail(app, id)).why.heldBy).toEqual([template]);
  });

  it('is told of an upload that is awaited, and of one in a session', async () => {
    const app = await stowage.app();
    const pending = await detail(app, await presign(app));
    expect(pending.why).toMatchObject({ state: 'pending', goes: { by: 'sweep', at: expect.any(String) } });
    expect(pending.why.timeline).toEqual([
      expect.objectContaining({
        event: 'created',
        summary: `Direct upload into session ${app.sessionId} was presigned.`,
      }),
    ]);
    const stored = await detail(app, (await uploadOne(app)).id);
    expect(stored.why).toMatchObject({
      state: 'session',
      summary: `Uploaded into lock ${app.lockId} and session ${app.sessionId}.`,
      goes: { by: 'holder' },
    });
    expect(stored.why.goes).not.toHaveProperty('at');
  });

  it('is 404 for a file of another app, of another system, and for no file', async () => {
    const [app, other] = [await stowage.app(), await stowage.app()];
    const { id } = await uploadOne(app);
    for (const path of [`${other.admin}/files/${id}`, `${app.admin}/files/${'0'.repeat(24)}`, `${app.admin}/files/x`]) {
      expectError(await stowage.call('GET', path, admin()), 404, 'file_not_found');
      expectError(await stowage.call('DELETE', path, admin()), 404, 'file_not_found');
    }
    expect((await stowage.call('GET', `${app.admin}/files/${id.toUpperCase()}`, admin())).status).toBe(200);
  });
});

describe('deleting a file as an administrator', () => {
  it('takes any file, whoever has it: its room is free at once and its bytes follow', async () => {
    const app = await stowage.app();
    const claimed = await stageOne(app);
    await claim(app, claimed.id);
    const files = [claimed.id, (await uploadOne(app)).id, (await stageOne(app)).id, await presign(app)];
    for (const id of files) {
      expect((await stowage.call('DELETE', `${app.admin}/files/${id}`, admin())).status).toBe(204);
      const answer = await stowage.call('DELETE', `${app.admin}/files/${id}`, admin());
      expect([204, 404]).toContain(answer.status);
    }
    const { usage } = await get<{ usage: unknown }>(`${app.admin}/file-storage`);
    expect(usage).toEqual({ usedBytes: 0, fileCount: 0 });
    expectError(await stowage.call('GET', `${app.setup}/${claimed.id}`, asUser(app)), 404, 'file_not_found');
    await stowage.drain();
    for (const id of files) {
      expectError(await stowage.call('GET', `${app.admin}/files/${id}`, admin()), 404, 'file_not_found');
    }
    const keys = await stowage.bucketKeys();
    expect(keys.filter((key) => files.some((id) => key.includes(id)))).toEqual([]);
    expect(await ids(app)).toEqual([]);
  });
});
