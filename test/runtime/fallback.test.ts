import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fallback } from '#runtime/fallback.ts';

const asked: APIGatewayProxyEventV2[] = [];
const list = async (event: APIGatewayProxyEventV2) => {
  asked.push(event);
  return { statusCode: 200, headers: {} };
};
const handler = fallback({ 'GET /v1/upload': list });
const ask = (method: string, rawPath: string, proxy?: string) =>
  handler(
    {
      routeKey: `${method} /{proxy+}`,
      rawPath,
      ...(proxy !== undefined && { pathParameters: { proxy } }),
      requestContext: { requestId: 'request-1', http: { method } },
    } as unknown as APIGatewayProxyEventV2,
    {} as Context,
  );

const lines: string[] = [];
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  asked.length = 0;
  lines.length = 0;
});

describe('what no route matches', () => {
  it.each([
    ['/v1/upload/', 'v1/upload/'],
    // A custom domain's base path, or a named stage, stands before the path of the route.
    ['/files/v1/upload/', 'v1/upload/'],
    // Whether the gateway leaves the slash to the variable is written nowhere.
    ['/v1/upload/', 'v1/upload'],
  ])('is the list, asked for at %s with the variable %s, and knows nothing of the variable', async (rawPath, proxy) => {
    expect(await ask('GET', rawPath, proxy)).toMatchObject({ statusCode: 200 });
    expect(asked).toEqual([expect.not.objectContaining({ pathParameters: expect.anything() })]);
  });

  it.each([
    ['POST', 'v1/upload/'],
    ['GET', 'v1/upload//'],
    ['GET', 'files/v1/upload/'],
    ['GET', 'constructor'],
    ['GET', ''],
    ['GET', undefined],
  ])('is not found: %s %s', async (method, proxy) => {
    const { statusCode, body } = await ask(method, '/x', proxy);
    expect([statusCode, JSON.parse(body ?? '')]).toMatchObject([404, { code: 'not_found', requestId: 'request-1' }]);
    expect(asked).toEqual([]);
  });

  it('leaves one line in the log, without the path, which may hold a token', async () => {
    await ask('GET', '/forms/by-token/secret', 'forms/by-token/secret');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ route: 'GET /{proxy+}', status: 404, requestId: 'request-1' });
    expect(lines[0]).not.toContain('secret');
  });
});
