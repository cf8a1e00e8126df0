import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { underLoad } from '#test/support/load.ts';
import { expectError, fileOf } from './expectations.ts';
import { type Answer, asBackend, asUser, eventually, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let photo: Buffer;
/** What the photo weighs once it is stored: encoding is deterministic, so room can be measured in files. */
let size: number;

beforeAll(async () => {
  [stowage, photo] = await Promise.all([
    openStowage({ dynamoLoad: underLoad }),
    jpegPhoto({ width: 160, height: 120 }),
  ]);
  size = fileOf(await upload(stowage, await stowage.app(), { bytes: photo })).sizeBytes;
});
afterAll(() => stowage.close());

const admin = () => ({ token: stowage.dev.adminToken });
const usageOf = async (app: TestApp) =>
  ((await stowage.ok('GET', `${app.admin}/file-storage`, admin())) as { usage: unknown }).usage;

const limits = [
  {
    limit: 'maxBytesPerSession',
    code: 'extension_session_storage_quota_exceeded',
    send: (app: TestApp) => upload(stowage, app, { bytes: photo }),
  },
  {
    limit: 'maxBytesPerApp',
    code: 'extension_app_storage_quota_exceeded',
    send: (app: TestApp) => upload(stowage, app, { bytes: photo }),
  },
  {
    limit: 'maxStagedBytesPerUserPerApp',
    code: 'extension_staged_user_app_storage_quota_exceeded',
    send: (app: TestApp) => stage(stowage, app, { bytes: photo }),
  },
];

/** Where a stored file is deleted. */
const placeOf = (app: TestApp, answer: Answer) => {
  const { id, staged } = fileOf(answer);
  return staged
    ? ([`${app.setup}/staged/${id}`, asUser(app)] as const)
    : ([`${app.files}/${id}`, asBackend(app)] as const);
};

/** Comes again where it is asked to, as clients do: of so many at once some may have been in each other's way for too long. */
async function insist(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    expectError(answer, 503, 'temporarily_unavailable');
    await sleep(Number(answer.headers.get('retry-after')) * 1000);
  }
}

describe.each(limits)('$limit', ({ limit, code, send }) => {
  it('stores five of twenty uploads sent at once when there is room for five', async () => {
    const limitBytes = 5 * size + size - 1;
    const app = await stowage.app({ [limit]: limitBytes });
    const answers = await Promise.all(Array.from({ length: 20 }, () => insist(() => send(app))));
    const stored = answers.filter(({ status }) => status === 201);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(stored).toHaveLength(5);
    for (const answer of refused) {
      expectError(answer, 409, code, {
        limitBytes,
        usedBytes: 5 * size,
        requestedBytes: size,
        remainingBytes: size - 1,
      });
    }
    expect(await usageOf(app)).toStrictEqual({ usedBytes: 5 * size, fileCount: 5 });
    expect(await stowage.drain()).toMatchObject({ finished: true, left: {} });
    expect(await usageOf(app)).toStrictEqual({ usedBytes: 5 * size, fileCount: 5 });
  });

  it('takes a file that fits to the byte, and none that is a byte too large', async () => {
    const exact = await stowage.app({ [limit]: size });
    expect((await send(exact)).status).toBe(201);
    expectError(await send(exact), 409, code, {
      limitBytes: size,
      usedBytes: size,
      requestedBytes: size,
      remainingBytes: 0,
    });
    const short = await stowage.app({ [limit]: size - 1 });
    const details = { limitBytes: size - 1, usedBytes: 0, requestedBytes: size, remainingBytes: size - 1 };
    expectError(await send(short), 409, code, details);
    expect(await usageOf(short)).toStrictEqual({ usedBytes: 0, fileCount: 0 });
  });

  it('has room again the moment a file is deleted, before its bytes are gone', async () => {
    const app = await stowage.app({ [limit]: size });
    const first = await send(app);
    expectError(await send(app), 409, code);
    const [path, caller] = placeOf(app, first);
    expect((await stowage.call('DELETE', path, caller)).status).toBe(204);
    expect((await send(app)).status).toBe(201);
  });

  it('may be set below what is used: new files are refused, old ones stay', async () => {
    const app = await stowage.app();
    const stored = await send(app);
    await stowage.ok('PUT', `${app.admin}/file-storage`, { ...admin(), json: { [limit]: 1 } });
    await eventually(async () => {
      const answer = await send(app);
      expectError(answer, 409, code);
      expect((answer.body as { details: unknown }).details).toMatchObject({ limitBytes: 1, remainingBytes: 0 });
    });
    expect((await fetch(fileOf(stored).signedUrl)).status).toBe(200);
  });
});

describe('quotas', () => {
  it('of one session are not those of another session of the app', async () => {
    const app = await stowage.app({ maxBytesPerSession: size });
    expect((await upload(stowage, app, { bytes: photo })).status).toBe(201);
    const { appId, userId: sub, lockId } = app;
    const sessionId = `${app.sessionId}-second`;
    const sessionToken = await stowage.token({ token_use: 'session', sub, appId, sessionId, lockId });
    const second = { ...app, sessionToken, files: `/api/extensions/sessions/${sessionId}/files` };
    expect((await upload(stowage, second, { bytes: photo })).status).toBe(201);
    expect(await usageOf(app)).toStrictEqual({ usedBytes: 2 * size, fileCount: 2 });
  });

  it('of one staging user are not those of another', async () => {
    const app = await stowage.app({ maxStagedBytesPerUserPerApp: size });
    expect((await stage(stowage, app, { bytes: photo })).status).toBe(201);
    const other = { ...app, userToken: await stowage.token({ token_use: 'user', sub: `${app.userId}-second` }) };
    expect((await stage(stowage, other, { bytes: photo })).status).toBe(201);
    expectError(await stage(stowage, app, { bytes: photo }), 409, 'extension_staged_user_app_storage_quota_exceeded');
  });

  it('name the narrowest limit when several would refuse', async () => {
    const app = await stowage.app({ maxBytesPerApp: 1, maxBytesPerSession: 1, maxStagedBytesPerUserPerApp: 1 });
    expectError(await upload(stowage, app, { bytes: photo }), 409, 'extension_session_storage_quota_exceeded');
    expectError(await stage(stowage, app, { bytes: photo }), 409, 'extension_staged_user_app_storage_quota_exceeded');
  });

  it.each(['maxStagedBytesPerUserPerApp', 'maxBytesPerApp'])(
    'do not count staged files that have expired, though nothing has removed them yet (%s)',
    async (limit) => {
      const app = await stowage.app({ [limit]: 2 * size, stagedTtlSeconds: 1 });
      const staged = [await stage(stowage, app, { bytes: photo }), await stage(stowage, app, { bytes: photo })];
      const end = Math.max(...staged.map((answer) => Date.parse(fileOf(answer).expiresAt ?? '')));
      // What comes next must not expire on a slow machine; settings are seen within a second.
      await stowage.ok('PUT', `${app.admin}/file-storage`, {
        token: stowage.dev.adminToken,
        json: { stagedTtlSeconds: 3600 },
      });
      await sleep(Math.max(end - Date.now() + 10, 1100));
      const again = await stage(stowage, app, { bytes: photo });
      expect(again.status).toBe(201);
      const { stagedQuota } = again.body as { stagedQuota: { bytesUsed: number; fileCount: number } };
      expect(stagedQuota).toMatchObject({ bytesUsed: size, fileCount: 1 });
      expect(await usageOf(app)).toStrictEqual({ usedBytes: size, fileCount: 1 });
    },
  );

  it('stay exact while files come and go at once', async () => {
    const app = await stowage.app({ maxBytesPerSession: 4 * size });
    let stored = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let turn = 0; turn < 3; turn += 1) {
          const answer = await upload(stowage, app, { bytes: photo });
          expect(answer.status).toBe(201);
          if (turn === 2) stored += 1;
          else await stowage.ok('DELETE', ...placeOf(app, answer));
        }
      }),
    );
    expect(await usageOf(app)).toStrictEqual({ usedBytes: stored * size, fileCount: stored });
    await stowage.drain();
    const keys = await stowage.bucketKeys();
    const listed = (await stowage.ok('GET', app.files, asBackend(app))) as { items: { signedUrl: string }[] };
    expect(listed.items).toHaveLength(stored);
    for (const { signedUrl } of listed.items) {
      expect(keys).toContain(new URL(signedUrl).pathname.split('/').slice(2).join('/'));
    }
  });
});
