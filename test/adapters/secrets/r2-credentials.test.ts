import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
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

const failed = (reason: string) => expect.objectContaining({ name: 'ObjectStoreError', reason });

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

  it('is read again when it has lived its time, and serves all callers of that moment at once', async () => {
    const clock = movableClock();
    const credentials = createSecretCredentials({ secretId: 'r2', clock });
    await credentials();
    answer = secret({ accessKeyId: 'new', secretAccessKey: 'hush2' });
    clock.advance(299);
    expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    clock.advance(1);
    const all = await Promise.all(Array.from({ length: 10 }, () => credentials()));
    expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(Array.from({ length: 10 }, () => 'new'));
    expect(requests).toHaveLength(2);
  });

  it('is read again at once after a refusal, but not with every refusal', async () => {
    const clock = movableClock();
    const credentials = createSecretCredentials({ secretId: 'r2', clock });
    const old = await credentials();
    answer = secret({ accessKeyId: 'new', secretAccessKey: 'hush2' });
    const both = await Promise.all([credentials.refused(old), credentials.refused(old)]);
    expect(both.map(({ accessKeyId }) => accessKeyId)).toEqual(['new', 'new']);
    // Whoever still holds the old ones is given the new ones without a question.
    expect(await credentials.refused(old)).toMatchObject({ accessKeyId: 'new' });
    const fresh = await credentials();
    await credentials.refused(fresh);
    await credentials.refused(fresh);
    expect(requests).toHaveLength(2);
    clock.advance(15);
    await credentials.refused(fresh);
    expect(requests).toHaveLength(3);
  });

  it('that cannot be read again serves on, is asked for now and then, and not for ever', async () => {
    const clock = movableClock();
    const stale: unknown[] = [];
    const onStale = (error: unknown) => stale.push(error);
    const credentials = createSecretCredentials({ secretId: 'r2', clock, onStale });
    await credentials();
    answer = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'deleted' } };
    clock.advance(300);
    for (let i = 0; i < 20; i++) expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    expect(requests).toHaveLength(2);
    clock.advance(15);
    expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    expect(requests).toHaveLength(3);
    expect(stale).toEqual([failed('denied'), failed('denied')]);
    clock.advance(6 * 3600);
    await expect(credentials()).rejects.toMatchObject(failed('denied'));
    answer = secret({ accessKeyId: 'new', secretAccessKey: 'hush2' });
    expect(await credentials()).toMatchObject({ accessKeyId: 'new' });
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

describe('Secrets Manager that takes requests and says nothing', () => {
  /** What the server does with a request instead of answering it. */
  let silence: (response: ServerResponse) => void;
  let asked: number;
  let silent: Server;
  const timeouts = { attemptMs: 200, allMs: 2_000 };

  beforeEach(async () => {
    asked = 0;
    silent = createServer((request, response) => {
      asked += 1;
      request.resume();
      silence(response);
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  });
  afterEach(() => {
    silent.closeAllConnections();
    silent.close();
  });

  const headersOnly = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '100' });
    response.write('{');
  };

  it.each([
    ['at all', () => {}],
    ['after the headers', headersOnly],
  ])('%s is asked three times, each by a connection of its own, and given up', async (_, how) => {
    silence = how;
    await expect(createSecretCredentials({ secretId: 'r2', timeouts })()).rejects.toEqual(failed('unavailable'));
    expect(asked).toBe(3);
  });

  it('once is forgiven', async () => {
    silence = (response) => {
      if (asked > 1) response.end(JSON.stringify({ SecretString: '{"accessKeyId":"id","secretAccessKey":"hush"}' }));
    };
    expect(await createSecretCredentials({ secretId: 'r2', timeouts })()).toMatchObject({ accessKeyId: 'id' });
  });

  it('costs whoever has older credentials a moment and not the request', async () => {
    const clock = movableClock();
    silence = (response) => {
      if (asked === 1) response.end(JSON.stringify({ SecretString: '{"accessKeyId":"id","secretAccessKey":"hush"}' }));
    };
    const stale: unknown[] = [];
    const onStale = (error: unknown) => stale.push(error);
    const credentials = createSecretCredentials({
      secretId: 'r2',
      clock,
      onStale,
      timeouts: { attemptMs: 60_000, allMs: 3_000 },
    });
    await credentials();
    clock.advance(300);
    expect(await credentials()).toMatchObject({ accessKeyId: 'id' });
    expect(stale, 'not given up yet').toEqual([]);
    await expect.poll(() => stale).toEqual([failed('unavailable')]);
  });
});
