/** Who is let in, and who is not (docs/contract.md, "Who calls"). */
import type { Check } from './run.ts';
import { done, refused, Skip, that } from './stage.ts';

export const tokenChecks: Check[] = [
  {
    name: 'tokens.none',
    title: 'without a token nobody gets in, and the refusal is in the one error body',
    needs: [],
    async run({ stage }) {
      const told = await stage.ask('GET', '/v1/upload');
      refused(told, 401, 'unauthorized');
      that(told.headers.get('cache-control') === 'no-store', `${told.what}: an answer that caches may keep`);
      that(told.headers.get('x-content-type-options') === 'nosniff', `${told.what}: answered without nosniff`);
      refused(await stage.ask('GET', '/v1/upload', { token: 'a.b.c' }), 401, 'unauthorized');
    },
  },
  {
    name: 'tokens.unknown-path',
    title: 'a path that no route has is not found',
    needs: [],
    async run({ stage }) {
      refused(await stage.ask('GET', '/v1/no-such-path'), 404, 'not_found');
    },
  },
  {
    name: 'tokens.user',
    title: "a user's token is taken, and opens nothing of an administrator's or the platform's",
    needs: ['user'],
    async run({ stage, asUser, names }) {
      const user = await asUser();
      done(await stage.ask('GET', '/v1/upload?limit=1', user));
      refused(await stage.ask('GET', '/admin/uploads/settings', user), 401, 'unauthorized');
      refused(
        await stage.ask('GET', `/platform/organizations/${names.org}/compliance-documents`, user),
        401,
        'unauthorized',
      );
    },
  },
  {
    name: 'tokens.admin',
    title: "an administrator's token is taken, and does nothing in the platform's place",
    needs: ['admin'],
    async run({ stage, asAdmin, names }) {
      const admin = await asAdmin();
      done(await stage.ask('GET', '/admin/uploads/settings', admin));
      const told = await stage.ask('GET', `/platform/organizations/${names.org}/compliance-documents`, admin);
      if (told.status === 200) throw new Skip('the given token has both scopes');
      refused(told, 403, 'insufficient_scope');
    },
  },
  {
    name: 'tokens.platform',
    title: "the platform's token is taken, and does nothing in an administrator's place",
    needs: ['platform'],
    async run({ stage, asPlatform, names }) {
      const platform = await asPlatform();
      done(await stage.ask('GET', `/platform/organizations/${names.org}/compliance-documents`, platform));
      const told = await stage.ask('GET', '/admin/uploads/settings', platform);
      if (told.status === 200) throw new Skip('the given token has both scopes');
      refused(told, 403, 'insufficient_scope');
    },
  },
  {
    name: 'tokens.bad',
    title: 'tokens that are over, of another audience, of another issuer or without a subject are refused',
    needs: ['sign'],
    async run({ stage, proofs, userId: sub }) {
      const user = { token_use: 'user', sub };
      const bad = [
        await proofs.sign(user, -120),
        await proofs.sign({ ...user, aud: 'verify-elsewhere' }),
        await proofs.sign({ ...user, iss: 'https://verify.elsewhere.invalid/' }),
        await proofs.sign({ token_use: 'user' }),
        await proofs.sign({ token_use: 'root', sub }),
      ];
      for (const token of bad) refused(await stage.ask('GET', '/v1/upload', { token }), 401, 'unauthorized');
    },
  },
  {
    name: 'tokens.forged',
    title: 'a token whose claims were changed after it was signed is refused',
    needs: ['user'],
    async run({ stage, proofs, userId }) {
      const [header = '', payload = '', signature] = (await proofs.user(userId)).split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      const changed = Buffer.from(JSON.stringify({ ...claims, note: 'changed' })).toString('base64url');
      refused(
        await stage.ask('GET', '/v1/upload', { token: `${header}.${changed}.${signature}` }),
        401,
        'unauthorized',
      );
      const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
      refused(await stage.ask('GET', '/v1/upload', { token: `${none}.${payload}.` }), 401, 'unauthorized');
    },
  },
  {
    name: 'tokens.cors',
    title: 'pages of the origin that was given may call the API, and read when to come again',
    needs: [],
    async run({ stage, options: { origin } }) {
      if (origin === undefined) throw new Skip('takes --origin, one of corsOrigins');
      const asked = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      };
      const told = await stage.open('OPTIONS /v1/upload', `${stage.baseUrl}/v1/upload`, {
        method: 'OPTIONS',
        headers: asked,
      });
      that(told.status < 300, `OPTIONS /v1/upload: answered ${told.status} to a preflight`);
      const allowed = told.headers.get('access-control-allow-origin');
      that(allowed === origin || allowed === '*', `OPTIONS /v1/upload: does not allow ${origin}`);
      const headers = (told.headers.get('access-control-allow-headers') ?? '').toLowerCase();
      for (const name of ['authorization', 'content-type', 'idempotency-key'])
        that(headers.includes(name) || headers === '*', `OPTIONS /v1/upload: does not allow the header ${name}`);
    },
  },
];
