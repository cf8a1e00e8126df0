import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSecretCredentials } from '#adapters/secrets/r2-credentials.ts';

/** What the stand-in of Secrets Manager answers; the requests are checked for what they ask. */
let answer: { status: number; body: unknown };
let requests: { target: string | undefined; body: unknown }[];
let server: Server;

beforeEach(async () => {
  requests = [];
  answer = secret({ accessKeyId: 'id', secretAccessKey: 'hush' });
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    requests.push({ target: request.headers['x-amz-target'] as string | undefined, body: JSON.parse(text) });
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
});

function secret(value: unknown) {
  return { status: 200, body: { SecretString: typeof value === 'string' ? value : JSON.stringify(value) } };
}

function movableClock() {
  let ms = Date.UTC(2026, 0, 1);
  return { now: () => new Date(ms), advance: (seconds: number) => (ms += seconds * 1000) };
}

describe('the secret', () => {
  it('is read once by callers at the same time, and not again', async () => {
    const credentials = createSecretCredentials({ secretId: 'r2' });
    const all = await Promise.all(Array.from({ length: 10 }, () => credentials()));
    expect(all).toEqual(Array.from({ length: 10 }, () => ({ accessKeyId: 'id', secretAccessKey: 'hush' })));
    await credentials();
    expect(requests).toEqual([{ target: 'secretsmanager.GetSecretValue', body: { SecretId: 'r2' } }]);
  });

  it('is read again after a refusal, once five minutes have passed', async () => {
    const clock = movableClock();
    const credentials = createSecretCredentials({ secretId: 'r2', clock });
    await credentials();
    answer = secret({ accessKeyId: 'new', secretAccessKey: 'hush2' });
    clock.advance(299);
    credentials.invalidate();
    expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    clock.advance(1);
    expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    credentials.invalidate();
    expect(await credentials()).toMatchObject({ accessKeyId: 'new' });
    credentials.invalidate();
    await credentials();
    expect(requests).toHaveLength(2);
  });

  it('that could not be read is asked for again', async () => {
    const credentials = createSecretCredentials({ secretId: 'r2' });
    answer = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'no' } };
    await expect(credentials()).rejects.toMatchObject({ name: 'ObjectStoreError', reason: 'denied' });
    answer = secret({ accessKeyId: 'id', secretAccessKey: 'hush' });
    await expect(credentials()).resolves.toMatchObject({ accessKeyId: 'id' });
  });

  it('behind a failing service is unavailable', async () => {
    answer = { status: 500, body: { __type: 'InternalServiceError' } };
    await expect(createSecretCredentials({ secretId: 'r2' })()).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it.each([
    ['accessKeyId', { secretAccessKey: 'hush' }],
    ['secretAccessKey', { accessKeyId: 'id' }],
    ['secretAccessKey', { accessKeyId: 'id', secretAccessKey: '' }],
    ['accessKeyId', { accessKeyId: 7, secretAccessKey: 'hush' }],
    ['accessKeyId', 'null'],
    ['accessKeyId', '["hush"]'],
  ])('without %s says so: %j', async (field, value) => {
    answer = secret(value);
    const error = await createSecretCredentials({ secretId: 'r2' })().catch((e: Error) => e);
    expect(error).toMatchObject({
      reason: 'denied',
      message: `The secret with the R2 credentials lacks the field "${field}".`,
    });
  });

  it.each(['accessKeyId=id secretAccessKey=hush', ''])(
    'that is not JSON is refused and not quoted: %j',
    async (text) => {
      answer = secret(text);
      const error = await createSecretCredentials({ secretId: 'r2' })().catch((e: Error) => e);
      expect(error).toMatchObject({ reason: 'denied' });
      expect(inspect(error)).not.toContain('hush');
    },
  );
});
