import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpoints } from '#functions/routes.ts';
import { asPage, openStowage } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
beforeAll(async () => {
  stowage = await openStowage();
});
afterAll(() => stowage.close());

const files = () => `/api/extensions/sessions/${stowage.dev.sessionId}/files`;

describe('what no route matches', () => {
  const refusal = { status: 'error', code: 'not_found', message: expect.any(String), requestId: expect.any(String) };

  it.each([
    '/nothing',
    '/api/extensions/sessions',
    '/admin',
    '/v1',
    '/organizations',
    '/__local',
    '/v1/upload//',
    '/v1/uploads/',
    '/%',
    '/a//b',
    '/__proto__/',
  ])('(%s) is not found, in the one error body', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await stowage.call(method, path, { token: stowage.dev.adminToken });
      expect([method, answer.status, answer.body]).toEqual([method, 404, refusal]);
      expect(answer.headers.get('x-request-id')).toBe((answer.body as { requestId: string }).requestId);
    }
  });

  it.each(['PATCH', 'PUT'])('(a known path with the method %s) is not found', async (method) => {
    const answer = await stowage.call(method, files(), asPage(stowage.dev));
    expect([answer.status, answer.body]).toEqual([404, refusal]);
  });

  it.each(['HEAD', 'OPTIONS'])('(a known path with the method %s) is not found', async (method) => {
    expect((await stowage.call(method, files(), asPage(stowage.dev))).status).toBe(404);
  });

  it.each(Object.values(endpoints))(
    '($method $path with a slash at the end) is not found, but for uploads and their list',
    async (row) => {
      const path = `${row.path.replaceAll(/[{}]/g, '')}/`;
      const answer = await stowage.call(row.method, path, { token: stowage.dev.adminToken });
      const isUploads = ['GET', 'POST'].includes(row.method) && path === '/v1/upload/';
      // An administrator's token is none of a user, so uploads are refused by their own rules.
      expect([answer.status, (answer.body as { code: string }).code]).toEqual(
        isUploads ? [401, 'unauthorized'] : [404, 'not_found'],
      );
    },
  );

  it('may be read by a page of another origin', async () => {
    const answer = await stowage.call('GET', '/nothing', { headers: { origin: 'https://page.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
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

  it('may read when to come again and what the time is', async () => {
    const answer = await stowage.call('GET', files(), { token: stowage.dev.sessionToken, headers: { origin } });
    const exposed = answer.headers.get('access-control-expose-headers')?.split(',');
    expect(exposed).toEqual(['retry-after', 'date']);
    expect(Math.abs(Date.parse(answer.headers.get('date') ?? '') - Date.now())).toBeLessThan(10_000);
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
