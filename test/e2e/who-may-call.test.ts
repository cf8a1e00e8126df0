import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Auth, endpoints } from '#functions/routes.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { expectError, fileOf } from './expectations.ts';
import {
  type Answer,
  asBackend,
  asPage,
  asUser,
  type CallOptions,
  openStowage,
  stage,
  type TestApp,
  upload,
} from './support.ts';

/**
 * docs/contract.md, "Who calls", tried on every row of the route table: a new endpoint is covered the day it gets its
 * row.
 */
let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
let other: TestApp;
let revokedKey: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  stowage = await openStowage();
  [app, other] = await Promise.all([stowage.app(), stowage.app()]);
  const { userId: sub, appId, sessionId, lockId } = app;
  const session = { token_use: 'session', sub, appId, sessionId, lockId };
  const claims: Record<string, Record<string, unknown>> = {
    user: { token_use: 'user', sub },
    session,
    service: { token_use: 'service', scope: 'platform admin' },
    platform: { token_use: 'service', scope: 'platform' },
    admin: { token_use: 'service', scope: 'admin' },
    powerless: { token_use: 'service', scope: '' },
    readOnly: { ...session, scope: 'locks:read' },
    writeOnly: { ...session, scope: 'locks:write' },
    scopeless: { ...session, scope: 'locks:readwrite' },
    otherSession: { ...session, sessionId: other.sessionId },
    lockless: { ...session, lockId: undefined },
    nameless: { token_use: 'user' },
  };
  for (const [name, wanted] of Object.entries(claims)) tokens[name] = await stowage.token(wanted);
  // Otherwise good for every endpoint, each with one fault.
  for (const use of ['user', 'session', 'service']) {
    const good = claims[use] ?? {};
    tokens[`expired ${use}`] = await stowage.token({ ...good, expiresIn: -60 } as never);
    tokens[`${use} of another audience`] = await stowage.token({ ...good, aud: 'elsewhere' });
    tokens[`${use} of another issuer`] = await stowage.token({ ...good, iss: 'https://elsewhere.example' });
    tokens[`forged ${use}`] = forged(tokens[use] ?? '');
    tokens[`unsigned ${use}`] = unsigned(tokens[use] ?? '');
  }
  const admin = { token: stowage.dev.adminToken };
  const keys = `${app.admin}/developer-keys`;
  const created = (await stowage.ok('POST', keys, { ...admin, json: { label: 'old' } })) as Record<string, string>;
  await stowage.ok('DELETE', `${keys}/${created.keyId}`, admin);
  revokedKey = created.key ?? '';
});
afterAll(() => stowage.close());

/** The same claims under a signature that is not theirs. */
function forged(token: string): string {
  const [header, , signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
  const payload = Buffer.from(JSON.stringify({ ...claims, note: 1 })).toString('base64url');
  return `${header}.${payload}.${signature}`;
}

/** `alg: none`, which some verifiers take. */
function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}

const rows = Object.entries(endpoints).map(([name, { method, path, auth }]) => ({
  name,
  method,
  path,
  auth: auth as Auth,
}));
const useOf: Partial<Record<Auth, string>> = {
  user: 'user',
  'user.or.platform': 'user',
  'session.read': 'session',
  'session.write': 'session',
  platform: 'service',
  admin: 'service',
};
const guarded = rows.filter(({ auth }) => useOf[auth] !== undefined);
const withAuth = (...auths: Auth[]) => rows.filter(({ auth }) => auths.includes(auth));

/** The row's path with this app's ids in it, and unknown ones where the app has none. */
const pathOf = (path: string) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const ids: Record<string, string> = { appId: app.appId, sessionId: app.sessionId };
    return ids[name] ?? '0'.repeat(24);
  });

async function attempt(row: { method: string; path: string }, options: CallOptions): Promise<Answer> {
  return await stowage.call(row.method, pathOf(row.path), options);
}

const bearer = (name: string): CallOptions => ({ token: tokens[name] ?? '' });
const backend = (name: string, key = app.key): CallOptions => asBackend({ key, sessionToken: tokens[name] ?? '' });

describe.each(guarded)('$method $path', (row) => {
  const use = useOf[row.auth] ?? '';

  it('wants proof, and more than anything that looks like it', async () => {
    expectError(await attempt(row, {}), 401, 'unauthorized');
    for (const authorization of [
      'Bearer',
      'Bearer x',
      'Bearer a.b.c',
      'Basic dXNlcg==',
      `Bearer ${'x'.repeat(9000)}`,
    ]) {
      expectError(await attempt(row, { headers: { authorization } }), 401, 'unauthorized');
    }
  });

  it.each(['expired', 'forged', 'unsigned'])('refuses a token that is %s', async (fault) => {
    expectError(await attempt(row, bearer(`${fault} ${use}`)), 401, 'unauthorized');
    if (use === 'session') expectError(await attempt(row, backend(`${fault} session`)), 401, 'unauthorized');
  });

  it.each(['audience', 'issuer'])('refuses a token of another %s', async (what) => {
    expectError(await attempt(row, bearer(`${use} of another ${what}`)), 401, 'unauthorized');
    if (use === 'session') expectError(await attempt(row, backend(`session of another ${what}`)), 401, 'unauthorized');
  });

  it('refuses every other kind of token, and a developer key alone', async () => {
    const welcome = row.auth === 'user.or.platform' ? ['user', 'service'] : [use];
    const others = ['user', 'session', 'service'].filter((kind) => !welcome.includes(kind));
    for (const kind of others) expectError(await attempt(row, bearer(kind)), 401, 'unauthorized');
    expectError(await attempt(row, { token: app.key }), 401, 'unauthorized');
    for (const name of ['lockless', 'nameless']) expectError(await attempt(row, bearer(name)), 401, 'unauthorized');
  });
});

describe.each(withAuth('session.read', 'session.write'))('$method $path', (row) => {
  const reads = row.auth === 'session.read';

  it('refuses keys that are revoked, unknown or of another app', async () => {
    const unknown = `sk_${app.appId}_${'A'.repeat(43)}`;
    for (const key of [revokedKey, unknown, other.key, app.key.slice(0, -1), `${app.key}A`]) {
      expectError(await attempt(row, backend('session', key)), 401, 'unauthorized');
    }
  });

  it('refuses a good key beside anything but a session token', async () => {
    for (const kind of ['user', 'service']) expectError(await attempt(row, backend(kind)), 401, 'unauthorized');
    expectError(
      await attempt(row, { ...backend('session'), headers: { 'x-chastify-main-token': '' } }),
      401,
      'unauthorized',
    );
  });

  it(`needs the scope locks:${reads ? 'read' : 'write'}`, async () => {
    const lacking = reads ? ['writeOnly', 'scopeless'] : ['readOnly', 'scopeless'];
    for (const name of lacking) expectError(await attempt(row, backend(name)), 403, 'insufficient_scope');
    const enough = await attempt(row, backend(reads ? 'readOnly' : 'writeOnly'));
    expect([401, 403]).not.toContain(enough.status);
  });

  it('does not know a session that the token is not of', async () => {
    expectError(await attempt(row, backend('otherSession')), 404, 'not_found');
    if (reads) expectError(await attempt(row, bearer('otherSession')), 404, 'not_found');
  });

  it(reads ? 'lets a first-party page read' : 'lets no first-party page write', async () => {
    const answer = await attempt(row, asPage(app));
    if (reads) expect([401, 403]).not.toContain(answer.status);
    else expectError(answer, 403, 'insufficient_scope');
  });
});

describe.each(withAuth('user.or.platform'))('$method $path', (row) => {
  it('takes the platform beside users, and no other service', async () => {
    for (const name of ['admin', 'powerless']) expectError(await attempt(row, bearer(name)), 403, 'insufficient_scope');
    for (const fault of ['expired', 'forged', 'unsigned']) {
      expectError(await attempt(row, bearer(`${fault} service`)), 401, 'unauthorized');
    }
    for (const name of ['user', 'platform']) {
      const answer = await attempt(row, bearer(name));
      // A user who is in no organization is told that: the proof is good, and what it is for is not there.
      const { code } = (answer.body ?? {}) as { code?: string };
      expect(['unauthorized', 'insufficient_scope']).not.toContain(code);
    }
  });
});

describe.each(withAuth('platform', 'admin'))('$method $path', (row) => {
  it(`needs the scope ${row.auth}`, async () => {
    const wrong = row.auth === 'admin' ? 'platform' : 'admin';
    for (const name of [wrong, 'powerless']) expectError(await attempt(row, bearer(name)), 403, 'insufficient_scope');
    const answer = await attempt(row, bearer(row.auth));
    expect([401, 403]).not.toContain(answer.status);
  });
});

describe.each(rows.filter(({ path }) => path.endsWith('/{fileId}')))('$method $path', (row) => {
  it("tells another's file from one that never was by nothing", async () => {
    const bytes = await jpegPhoto({ width: 64, height: 48 });
    const files = [await upload(stowage, other, { bytes }), await stage(stowage, other, { bytes })].map(fileOf);
    const callers = { user: () => asUser(app), platform: () => bearer('platform'), admin: () => bearer('admin') };
    const { auth } = row;
    const caller = auth === 'user' || auth === 'platform' || auth === 'admin' ? callers[auth]() : asBackend(app);
    const ids = [...files.map(({ id }) => id), '0'.repeat(24)];
    const answers = await Promise.all(
      ids.map((id) => stowage.call(row.method, pathOf(row.path.replace('{fileId}', id)), caller)),
    );
    for (const answer of answers) expectError(answer, 404, 'file_not_found');
    expect(new Set(answers.map(({ body }) => (body as { message: string }).message)).size).toBe(1);
  });
});

it('has a case for every row of the route table that wants proof', () => {
  const uncovered = rows.filter(({ auth }) => auth !== 'public' && useOf[auth] === undefined);
  expect(uncovered.map(({ name }) => name)).toEqual([]);
});
