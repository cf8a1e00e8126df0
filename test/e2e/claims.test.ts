import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, type FileView, fileOf } from './expectations.ts';
import { asBackend, asUser, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
beforeAll(async () => {
  [stowage, photo] = await Promise.all([openStowage(), jpegPhoto({ width: 64, height: 48 })]);
});
afterAll(() => stowage.close());

interface Claimed {
  claimId: string;
  config: unknown;
  claimed: string[];
  deleted: string[];
}

const stageOne = async (app: TestApp, fields = {}) => fileOf(await stage(stowage, app, { bytes: photo }, fields));
const reference = ({ id, signedUrl }: FileView) => ({ provider: 'chastify_storage', fileId: id, signedUrl });
const asPlatform = () => ({ token: stowage.dev.platformToken });

function claim(app: TestApp, config: unknown, target: Record<string, unknown> = { type: 'lock', id: app.lockId }) {
  const json = { userId: app.userId, target, config };
  return stowage.call('POST', `/platform/extensions/${app.appId}/claims`, { ...asPlatform(), json });
}
const claimed = async (...given: Parameters<typeof claim>) => {
  const answer = await claim(...given);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as Claimed;
};
const rollBack = (claimId: string) => stowage.call('DELETE', `/platform/extensions/claims/${claimId}`, asPlatform());
const staged = async (app: TestApp) =>
  ((await stowage.ok('GET', `${app.setup}/staged`, asUser(app))) as { items: FileView[] }).items.map(({ id }) => id);

describe('a claim', () => {
  it('binds what the config references, gives it back without temporary links, and drops the rest of the draft', async () => {
    const app = await stowage.app();
    const [used, unused, elsewhere] = [
      await stageOne(app, { draftId: 'draft' }),
      await stageOne(app, { draftId: 'draft' }),
      await stageOne(app, { draftId: 'another' }),
    ];
    const config = { storageDraftId: 'draft', title: 'A lock', pages: [{ image: reference(used) }] };
    const answer = await claimed(app, config);
    expect(answer).toStrictEqual({
      claimId: expect.stringMatching(/^[0-9a-f]{24}$/),
      config: { ...config, pages: [{ image: { provider: 'chastify_storage', fileId: used.id } }] },
      claimed: [used.id],
      deleted: [unused.id],
    });
    expect(await staged(app)).toEqual([elsewhere.id]);
    const own = fileOf(await stowage.call('GET', `${app.setup}/${used.id}`, asUser(app)));
    expect(own).not.toHaveProperty('staged');
    expect((await fetch(own.signedUrl)).status).toBe(200);
    expectError(await stowage.call('DELETE', `${app.setup}/staged/${used.id}`, asUser(app)), 404, 'file_not_found');
    expect(await claimed(app, config)).toStrictEqual(answer);
    await stowage.drain();
    expect((await fetch(unused.signedUrl)).status).toBe(404);
  });

  it('is all or nothing, and its refusal lists every failing file with its reason', async () => {
    const app = await stowage.app();
    const [free, held] = [await stageOne(app), await stageOne(app)];
    await claimed(app, reference(held), { type: 'template', id: `template-${app.lockId}` });
    const answer = await claim(app, [free, held, { ...free, id: 'f'.repeat(24) }].map(reference));
    expectError(answer, 409, 'file_already_claimed');
    expect(answer.body).toMatchObject({
      details: {
        files: [
          { fileId: held.id, code: 'file_already_claimed', heldBy: 'template' },
          { fileId: 'f'.repeat(24), code: 'file_not_found' },
        ],
      },
    });
    expect(JSON.stringify(answer.body)).not.toContain(app.lockId);
    expect(await staged(app)).toEqual([free.id]);
  });

  it('of an expired file is refused as expired', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 1 });
    const file = await stageOne(app);
    await sleep(1100);
    expectError(await claim(app, reference(file)), 410, 'staged_file_expired');
    expect(await staged(app)).toEqual([]);
  });

  it("counts against the lock's session, and is refused whole when that is full", async () => {
    const app = await stowage.app();
    const files = [await stageOne(app), await stageOne(app)];
    const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const target = { type: 'lock', id: app.lockId, sessionId: app.sessionId };
    const limit = (maxBytesPerSession: number) =>
      stowage.ok('PUT', `${app.admin}/file-storage`, { token: stowage.dev.adminToken, json: { maxBytesPerSession } });
    await limit(bytes - 1);
    await sleep(1100);
    const refused = await claim(app, files.map(reference), target);
    expectError(refused, 409, 'extension_session_storage_quota_exceeded');
    expect(refused.body).toMatchObject({ details: { limitBytes: bytes - 1, usedBytes: 0, requestedBytes: bytes } });
    expect(await staged(app)).toHaveLength(2);
    await limit(bytes);
    await sleep(1100);
    await claimed(app, files.map(reference), target);
    const list = (await stowage.ok('GET', app.files, asBackend(app))) as { items: FileView[] };
    expect(list.items.map(({ id }) => id).sort()).toEqual(files.map(({ id }) => id).sort());
    expectError(await upload(stowage, app, { bytes: photo }), 409, 'extension_session_storage_quota_exceeded');
  });

  it('is won by one of many for the same file, and the others are told what kind of thing holds it', async () => {
    const app = await stowage.app();
    for (let round = 0; round < 5; round += 1) {
      const [file, other] = [await stageOne(app), await stageOne(app)];
      const targets = [0, 1, 2, 3].map((index) => ({ type: 'lock', id: `${app.lockId}-${round}-${index}` }));
      const answers = await Promise.all(
        targets.map((target) => claim(app, [reference(file), reference(other)], target)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
      for (const answer of answers.filter(({ status }) => status === 409)) {
        expectError(answer, 409, 'file_already_claimed');
        const files = [file, other].map(({ id }) => ({ fileId: id, code: 'file_already_claimed', heldBy: 'lock' }));
        expect(answer.body).toMatchObject({ details: { files } });
      }
    }
  });

  it('and a deletion of the same file end with one of them', async () => {
    const app = await stowage.app();
    for (let round = 0; round < 5; round += 1) {
      const [file, other] = [await stageOne(app), await stageOne(app)];
      const [claiming, deleting] = await Promise.all([
        claim(app, [reference(file), reference(other)]),
        stowage.call('DELETE', `${app.setup}/staged/${file.id}`, asUser(app)),
      ]);
      const won = claiming.status === 200;
      expect([claiming.status, deleting.status]).toEqual(won ? [200, 404] : [404, 204]);
      expect(await staged(app)).toEqual(won ? [] : [other.id]);
      if (!won) await stowage.ok('DELETE', `${app.setup}/staged/${other.id}`, asUser(app));
    }
  });

  it('is refused for what is no config, no target or too much', async () => {
    const app = await stowage.app();
    const many = Array.from({ length: 91 }, (_, index) => reference({ id: `${index}` } as FileView));
    for (const [config, target] of [
      [undefined, undefined],
      [many, undefined],
      ['x'.repeat(262_144), undefined],
      [{}, { type: 'session', id: 'x' }],
      [{}, { type: 'lock', id: 'has#hash' }],
    ]) {
      expectError(await claim(app, config, target as Record<string, unknown>), 400, 'validation_failed');
    }
  });
});

describe('a roll back', () => {
  it('stages the files again, for another claim or an hour at least', async () => {
    const app = await stowage.app({ stagedTtlSeconds: 60 });
    const file = await stageOne(app);
    const { claimId } = await claimed(app, reference(file));
    expect((await rollBack(claimId)).status).toBe(204);
    expect((await rollBack(claimId)).status).toBe(204);
    const again = fileOf(await stowage.call('GET', `${app.setup}/${file.id}`, asUser(app)));
    expect(again).toMatchObject({ staged: true });
    expect(Date.parse(again.expiresAt ?? '')).toBeGreaterThan(Date.now() + 3_500_000);
    await claimed(app, reference(file), { type: 'lock', id: `${app.lockId}-2` });
    expect(await staged(app)).toEqual([]);
  });

  it('of an unknown claim is not found', async () => {
    for (const id of ['f'.repeat(24), 'x']) expectError(await rollBack(id), 404, 'not_found');
  });
});
