import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '#functions/routes.ts';
import { asPage, openStowage } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
beforeAll(async () => {
  stowage = await openStowage();
});
afterAll(() => stowage.close());

const files = () => `/api/extensions/sessions/${stowage.dev.sessionId}/files`;

describe('a route that does not exist', () => {
  it.each(['/nothing', '/api/extensions/sessions', '/admin', '/v1', '/organizations', '/__local'])(
    "(%s) gets the gateway's own 404",
    async (path) => {
      const answer = await stowage.call('GET', path, { token: stowage.dev.adminToken });
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({ message: 'Not Found' });
    },
  );

  it.each(['PATCH', 'PUT', 'HEAD', 'OPTIONS'])('nor does a known path with the method %s', async (method) => {
    expect((await stowage.call(method, files(), asPage(stowage.dev))).status).toBe(404);
  });
});

describe('a page of another origin', () => {
  const origin = 'https://page.example';

  it.each(Object.values(endpoints))('may ask before it calls $method $path', async ({ method, path }) => {
    const wanted = ['authorization', 'content-type', 'idempotency-key', 'x-chastify-main-token'];
    const headers = {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': wanted.join(','),
    };
    const answer = await stowage.call('OPTIONS', path.replaceAll(/[{}]/g, ''), { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')?.split(',')).toContain(method);
    const allowed = answer.headers.get('access-control-allow-headers')?.split(',') ?? [];
    expect(allowed).toEqual(expect.arrayContaining(wanted));
  });

  it('may read answers, refusals too', async () => {
    for (const token of [stowage.dev.sessionToken, 'bad']) {
      const answer = await stowage.call('GET', files(), { token, headers: { origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});

describe('every answer', () => {
  it('names its request, is not stored by caches and not guessed at by browsers', async () => {
    for (const token of [stowage.dev.sessionToken, 'bad']) {
      const answer = await stowage.call('GET', files(), { token });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      const requestId = answer.headers.get('x-request-id');
      expect(requestId).toMatch(/\S/);
      if (answer.status === 401) expect(answer.body).toMatchObject({ requestId });
    }
  });
});
