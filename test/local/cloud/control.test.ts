import { request as rawRequest } from 'node:http';
import { json, text } from 'node:stream/consumers';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIssuer, type TokenIssuer } from '#local/tokens/issuer.ts';
import { endTestCloud, startTestCloud, type TestCloud, temporaryFolder } from './app.ts';

let cloud: TestCloud;
beforeAll(async () => {
  const html = Buffer.from('sk_key_of_the_demo');
  const page = { status: 200, headers: { 'content-type': 'text/html' }, cookies: [], body: html };
  cloud = await startTestCloud({ pages: async ({ url }) => (url === '/docs' ? page : undefined) });
});
afterAll(() => endTestCloud(cloud));

const ask = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${cloud.baseUrl}/__local/tokens`, { method: 'POST', body: JSON.stringify(body), headers });

async function claimsOf(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { token } = (await (await ask(body)).json()) as { token: string };
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('pages beside the API, which hold a developer key', () => {
  const page = async (headers: Record<string, string>) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    rawRequest(`${cloud.baseUrl}/docs`, { headers }, async (response) => resolve(await text(response))).end();
    return await promise;
  };

  it('are shown to this machine, and to no page of another origin nor under a name that was pointed here', async () => {
    expect(await page({})).toContain('sk_key');
    expect(await page({ origin: 'http://localhost:3000' })).toContain('sk_key');
    expect(await page({ origin: 'https://page.example' })).not.toContain('sk_key');
    expect(await page({ host: 'rebound.example' })).not.toContain('sk_key');
  });
});

describe('POST /__local/tokens', () => {
  it('gives session tokens the usual scope, and passes claims on', async () => {
    const claims = { sub: 'u', appId: 'a', sessionId: 's', lockId: 'l' };
    expect(await claimsOf({ token_use: 'session', ...claims })).toMatchObject({
      ...claims,
      token_use: 'session',
      aud: 'stowage-local',
      scope: 'locks:read locks:write',
    });
    expect(await claimsOf({ token_use: 'session', scope: 'locks:read' })).toMatchObject({ scope: 'locks:read' });
  });

  it('lets tokens live twelve hours, or as long as asked, or be over', async () => {
    const life = async (body: object) => {
      const { iat, exp } = (await claimsOf({ token_use: 'user', sub: 'u', ...body })) as { iat: number; exp: number };
      return exp - iat;
    };
    expect(await life({})).toBe(43_200);
    expect(await life({ expiresIn: 5 })).toBe(5);
    const { exp } = await claimsOf({ token_use: 'service', expiresIn: -60 });
    expect(exp).toBeLessThan(Date.now() / 1000);
  });

  it.each([{}, { token_use: 'other' }, { token_use: 'user', expiresIn: 'soon' }, 'text'])(
    'refuses %j',
    async (body) => {
      expect((await ask(body)).status).toBe(400);
    },
  );

  it('refuses pages of other origins and names pointed at this machine', async () => {
    const body = { token_use: 'service', scope: 'admin' };
    expect((await ask(body, { origin: 'https://page.example' })).status).toBe(403);
    expect((await ask(body, { origin: 'null' })).status).toBe(403);
    expect((await ask(body, { origin: 'http://localhost:3000' })).status).toBe(200);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    const options = { method: 'POST', headers: { host: 'rebound.example' } };
    rawRequest(`${cloud.baseUrl}/__local/tokens`, options, (response) => resolve(response.resume().statusCode)).end(
      '{}',
    );
    expect(await promise).toBe(403);
  });

  it('is the only kind of path under /__local beside drain', async () => {
    expect((await fetch(`${cloud.baseUrl}/__local/tokens`)).status).toBe(404);
    expect((await fetch(`${cloud.baseUrl}/__local/other`, { method: 'POST' })).status).toBe(404);
  });
});

describe('the token issuer', () => {
  it('publishes the key its tokens are signed with, the same one after a restart', async () => {
    const dir = temporaryFolder();
    const start = (port = 0): Promise<TokenIssuer> => startIssuer({ dir, host: '127.0.0.1', port });
    const first = await start();
    const token = await first.sign({ token_use: 'user', sub: 'u' });
    const keys = createRemoteJWKSet(new URL(first.jwksUrl));
    const checks = { issuer: first.issuer, audience: first.audience };
    expect((await jwtVerify(token, keys, checks)).payload.sub).toBe('u');
    await first.close();
    const second = await start(Number(new URL(first.issuer).port));
    const published = await fetchFresh(second.jwksUrl);
    expect(JSON.stringify(published)).not.toContain('"d"');
    expect((await jwtVerify(token, createLocalJWKSet(published as never), checks)).payload.sub).toBe('u');
    await second.close();
  });
});

/** Over a new connection: the pooled ones ended with the first server. */
async function fetchFresh(url: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  rawRequest(url, { agent: false }, (response) => json(response).then(resolve, reject)).end();
  return promise;
}
