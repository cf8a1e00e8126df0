import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, importJWK, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchesPattern } from '#local/events/filter.ts';
import { asUser, openCloud, stage } from '#test/e2e/support.ts';
import { pngPhoto } from '#test/support/images.ts';
import { blocksOf } from './pages.ts';

/** What docs/integrating shows as JSON: tokens, the reference to a file, the pattern of a rule. */
let world: Awaited<ReturnType<typeof openCloud>>;
beforeAll(async () => {
  world = await openCloud({ events: { webhooks: [] } });
});
afterAll(() => world.close());

const page = 'docs/integrating/platform.md';
const shownAs = (fence: string) => blocksOf(page, fence).map((code) => JSON.parse(code) as Record<string, unknown>);

describe('the tokens of the page', () => {
  /** Where a token of its kind is taken first, and where it is not. */
  const places: Record<string, [method: string, path: string, json?: unknown]> = {
    user: ['GET', '/v1/upload'],
    session: ['GET', '/api/extensions/sessions/session-1/files'],
    platform: ['PUT', '/platform/organizations/org-1/members/user-1', { status: 'active' }],
    admin: ['GET', '/admin/health'],
  };
  const kindOf = ({ token_use, scope }: Record<string, unknown>) => String(token_use === 'service' ? scope : token_use);

  /** Signed by the cloud's issuer as shown, but for issuer, audience and times, which are the cloud's. */
  async function signed(shown: Record<string, unknown>): Promise<string> {
    const { iss, aud } = decodeJwt(world.stowage.dev.userToken);
    const jwk = JSON.parse(readFileSync(join(world.dir, 'issuer.json'), 'utf8')) as JWK;
    const now = Math.floor(Date.now() / 1000);
    const life = Number(shown.exp) - Number(shown.iat);
    return new SignJWT({ ...shown, iss, aud, iat: now, exp: now + life } as Record<string, unknown>)
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid ?? '' })
      .sign(await importJWK(jwk, 'ES256'));
  }
  const statusOf = async (token: string, kind: string) => {
    const [method, path, json] = places[kind] ?? ['GET', '/nowhere'];
    return (await world.stowage.call(method, path, { token, json })).status;
  };

  it('are one of each kind, of which each is taken where it should be and nowhere else', async () => {
    const shown = shownAs('json token');
    expect(shown.map(kindOf)).toEqual(Object.keys(places));
    for (const token of shown) {
      for (const kind of Object.keys(places)) {
        const status = await statusOf(await signed(token), kind);
        if (kind === kindOf(token)) expect(status, kind).toBe(200);
        else expect([401, 403], `${kindOf(token)} as ${kind}`).toContain(status);
      }
    }
  });

  /** What the cloud sets is checked by the suites of tokens. */
  const isNeeded = (token: Record<string, unknown>) => (claim: string) =>
    !/^(iss|aud|iat|exp)$/.test(claim) && !(token.token_use === 'service' && claim === 'sub');

  it('hold no claim that could be left out, but the name of a service', async () => {
    for (const token of shownAs('json token')) {
      for (const claim of Object.keys(token).filter(isNeeded(token))) {
        const { [claim]: _, ...rest } = token;
        expect([401, 403], `${kindOf(token)} without ${claim}`).toContain(
          await statusOf(await signed(rest), kindOf(token)),
        );
      }
    }
  });
});

it('the reference of the page is what a claim finds, wherever it stands, and nothing less is', async () => {
  const { stowage } = world;
  const app = await stowage.app();
  const [reference = {}] = shownAs('json reference');
  const staged = await stage(stowage, app, { bytes: await pngPhoto({ width: 20, height: 20 }), name: 'a.png' });
  const fileId = (staged.body as { file: { id: string } }).file.id;
  expect(Object.keys(reference)).toEqual(['provider', 'fileId']);
  const claim = async (config: unknown) => {
    const json = { userId: app.userId, target: { type: 'lock', id: app.lockId }, config };
    const token = stowage.dev.platformToken;
    const answer = await stowage.ok('POST', `/platform/extensions/${app.appId}/claims`, { token, json });
    return (answer as { claimed: string[] }).claimed;
  };
  expect(await claim({ deep: [{ fileId }] })).toEqual([]);
  expect(await claim({ deep: [{ down: { ...reference, fileId, title: 'Puzzle' } }] })).toEqual([fileId]);
});

it('the pattern of the page matches what the bus carries of a deleted file, and nothing else', async () => {
  const { stowage } = world;
  const app = await stowage.app();
  const staged = await stage(stowage, app, { bytes: await pngPhoto({ width: 20, height: 20 }), name: 'a.png' });
  const { id } = (staged.body as { file: { id: string } }).file;
  await stowage.ok('DELETE', `${app.setup}/staged/${id}`, asUser(app));
  await stowage.drain();
  const { events } = (await stowage.ok('GET', '/__local/events')) as { events: Record<string, unknown>[] };
  const [pattern = {}] = shownAs('json pattern');
  const matching = events
    .map((event) => ({ ...event, 'detail-type': event.detailType ?? event['detail-type'], source: 'stowage.prod' }))
    .filter((event) => matchesPattern(pattern, event));
  expect(matching).toMatchObject([{ detail: { type: 'file.deleted', data: { fileId: id } } }]);
  expect(events.length).toBeGreaterThan(1);
});
