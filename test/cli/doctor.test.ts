import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startR2 } from '#local/r2/server.ts';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { eventually, openCloud } from '../e2e/support.ts';
import { openTerminal, type Terminal } from './fixture.ts';

interface Finding {
  name: string;
  state: string;
  found: string;
  todo?: string;
}

let opened: Awaited<ReturnType<typeof openCloud>>;
let proxy: ApiProxy;
let terminal: Terminal;
let admin: string;
/** What the stage says of itself when all is well. */
let health: { tokens: Record<string, string>; r2: Record<string, string> };
beforeAll(async () => {
  opened = await openCloud();
  await opened.stowage.drain();
  proxy = await startProxy(opened.cloud.baseUrl);
  terminal = openTerminal();
  admin = opened.cloud.dev.adminToken;
  health = (await opened.stowage.ok('GET', '/admin/health', { token: admin })) as typeof health;
});
const stubs: Server[] = [];
beforeEach(() => {
  proxy.fault = () => undefined;
});
afterEach(() => {
  opened.cloud.faults.r2 = undefined;
  for (const stub of stubs.splice(0)) {
    stub.closeAllConnections();
    stub.close();
  }
});
afterAll(async () => {
  terminal.close();
  proxy.close();
  await opened.close();
});

/** A server of a few answers, closed with the test. */
async function stub(
  answer: (request: IncomingMessage, body: string) => [number, object | string, Record<string, string>?],
) {
  const server = createServer(async (request, response) => {
    const [status, body, headers = {}] = answer(request, (await buffer(request)).toString());
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  });
  stubs.push(server.listen(0, '127.0.0.1'));
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The stage says of itself that it looks elsewhere. */
function looksAt(change: { tokens?: object; r2?: object }): void {
  const told = {
    ...health,
    at: new Date().toISOString(),
    tokens: { ...health.tokens, ...change.tokens },
    r2: { ...health.r2, ...change.r2 },
  };
  const answer = { status: 200, body: JSON.stringify(told), headers: { 'content-type': 'application/json' } };
  proxy.fault = ({ path }) => (path === '/admin/health' ? answer : undefined);
}

async function doctor(args: string[] = [], env: Record<string, string> = {}) {
  const all = ['doctor', '--url', proxy.baseUrl, '--admin-token', admin, ...args, '--json'];
  const { code, stdout, stderr } = await terminal.run(all, { env });
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return {
    code,
    failed: findings.filter(({ state }) => state === 'failed').map(({ name }) => name),
    of: (name: string) => findings.find((finding) => finding.name === name),
  };
}

const r2Keys = () => {
  const { accessKeyId, secretAccessKey } = opened.cloud.dev.r2;
  return { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey };
};
const origin = ['--origin', 'https://app.example.com'];

describe('stowage doctor', () => {
  test('finds the one-machine cloud well', async () => {
    const { code, failed, of } = await doctor(origin, r2Keys());
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    for (const name of [
      'stage.reached',
      'inside.binding.default',
      'tokens.round-trip',
      'issuer.keys',
      'cors.api',
      'cors.default',
      'preflight.default',
      'lifecycle.default',
      'domain.nosniff',
    ])
      expect(of(name), name).toMatchObject({ state: 'ok' });
    expect(of('lock.compliance')).toMatchObject({
      state: 'skipped',
      todo: expect.stringContaining('CLOUDFLARE_API_TOKEN'),
    });
  });

  test('says where nothing answers, and where something else does', async () => {
    const closed = await stub(() => [200, {}]);
    stubs.pop()?.close();
    const nowhere = await terminal.run(['doctor', '--url', closed, '--json']);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stdout).toContain('ECONNREFUSED');
    const other = await terminal.run(['doctor', '--url', await stub(() => [200, '<html>']), '--json']);
    expect(other.stdout).toContain('not as Stowage does');
  });

  test('says that the secret is wrong, with the command that puts it right', async () => {
    const { accessKeyId, secretAccessKey } = opened.cloud.dev.r2;
    opened.cloud.r2Tokens.store({ accessKeyId, secretAccessKey: 'wrong' });
    await eventually(async () => {
      const { code, failed, of } = await doctor();
      expect(failed).toEqual(expect.arrayContaining(['inside.bucket.default', 'inside.bucket.public']));
      expect(of('inside.bucket.default')?.todo).toContain(
        'aws secretsmanager put-secret-value --secret-id stowage/local/r2',
      );
      expect(code).toBe(1);
    });
    opened.cloud.r2Tokens.store({ accessKeyId, secretAccessKey });
    await eventually(async () => expect((await doctor()).failed).toEqual([]));
  });

  test("says that the bucket is another stage's", async () => {
    const { endpoint, accessKeyId, secretAccessKey, bucket: Bucket } = opened.cloud.dev.r2;
    const s3 = new S3Client({
      endpoint,
      region: 'auto',
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    const Key = '.stowage/table/999999999999/another-table';
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    await eventually(async () => {
      const { failed, of } = await doctor();
      expect(failed).toEqual(['inside.binding.default']);
      expect(of('inside.binding.default')?.todo).toContain('stowage reconcile');
    });
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    s3.destroy();
    await eventually(async () => expect((await doctor()).failed).toEqual([]));
  });

  test('says that clocks are apart', async () => {
    const date = new Date(Date.now() - 120_000).toUTCString();
    const body = JSON.stringify({ code: 'not_found', requestId: 'x' });
    proxy.fault = ({ path }) => (path.includes('no-such-path') ? { status: 404, body, headers: { date } } : undefined);
    const { failed, of } = await doctor();
    expect(failed).toEqual(['clock.api']);
    expect(of('clock.api')?.found).toMatch(/^1[12]\d\.\d s behind this machine\.$/);
  });
});

describe('of tokens it says', () => {
  test.each([
    ['that one is over', { token_use: 'service', scope: 'admin', expiresIn: -100 }, 'it was over at'],
    [
      'that one is of another audience',
      { token_use: 'service', scope: 'admin', aud: 'elsewhere' },
      'its aud is elsewhere',
    ],
    ['that one has not the scope', { token_use: 'service', scope: 'platform' }, 'has not the scope admin'],
  ])('%s', async (_, claims, words) => {
    const settings = { tokens: health.tokens, r2: health.r2 };
    const file = join(terminal.home, '.stowage.local.json');
    writeFileSync(file, JSON.stringify(settings));
    const token = await opened.stowage.token(claims);
    const { failed, of } = await doctor(['--admin-token', token, '--settings', file]);
    expect(failed).toContain('tokens.round-trip');
    expect(of('tokens.round-trip')?.found).toContain(words);
    expect(JSON.stringify(of('tokens.round-trip'))).not.toContain(token);
  });

  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ format: 'jwk' });
  test.each([
    ['that the address has no keys', [200, {}], 'no key set'],
    ['that the address answers otherwise', [500, {}], 'answers 500'],
    ['that no key can be used', [200, { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }], 'None of its 1 keys'],
    ['that a private key is published', [200, { keys: [privateKey.export({ format: 'jwk' })] }], 'publishes a secret'],
  ] as [string, [number, object], string][])('%s', async (_, answer, words) => {
    looksAt({ tokens: { jwksUrl: `${await stub(() => answer)}/jwks.json` } });
    const { failed, of } = await doctor();
    expect(failed).toEqual(['issuer.keys']);
    expect(of('issuer.keys')?.found).toContain(words);
  });

  test('that keys cannot be told apart, and that the issuer calls itself otherwise', async () => {
    const url: string = await stub(({ url: path = '' }) =>
      path.includes('openid') ? [200, { issuer: `${url}/` }] : [200, { keys: [key, key] }],
    );
    looksAt({ tokens: { jwksUrl: `${url}/jwks.json`, issuer: url } });
    const { failed, of } = await doctor();
    expect(failed).toEqual(['issuer.discovery']);
    expect(of('issuer.keys')).toMatchObject({ state: 'warning' });
  });
});

describe('of buckets it says', () => {
  test('that CORS is missing, a rule deletes files, and the clock is wrong', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'stowage-doctor-'));
    const { bucket = '', publicBucket = '', complianceBucket = '' } = health.r2;
    const lifecycle = [{ id: 'old', prefix: 'extensions/', expireDays: 30 }];
    const credentials = {
      accessKeyId: opened.cloud.dev.r2.accessKeyId,
      secretAccessKey: opened.cloud.dev.r2.secretAccessKey,
    };
    const r2 = await startR2({
      dir,
      credentials,
      buckets: [{ name: bucket, lifecycle }, { name: publicBucket }, { name: complianceBucket }],
      clock: { now: () => new Date(Date.now() + 60_000) },
    });
    looksAt({ r2: { endpoint: r2.endpoint } });
    const { failed, of } = await doctor(origin, r2Keys());
    await r2.close();
    rmSync(dir, { recursive: true, force: true });
    expect(failed.toSorted()).toEqual(['clock.r2', 'cors.default', 'lifecycle.default', 'preflight.default']);
    expect(of('cors.default')?.todo).toContain(`wrangler r2 bucket cors set ${bucket}`);
    expect(of('lifecycle.default')?.todo).toContain('lifecycle remove');
    expect(of('lifecycle.default')?.found).toContain('old (extensions/)');
  });

  test("that the stage's own credentials may not read the rules, and reads them with Cloudflare's token", async () => {
    opened.cloud.faults.r2 = ({ operation }) =>
      operation.startsWith('GetBucket') ? { status: 403, code: 'AccessDenied' } : undefined;
    const refused = await doctor(origin, r2Keys());
    expect(refused.of('cors.default')).toMatchObject({
      state: 'skipped',
      found: expect.stringContaining('Admin Read'),
    });

    const rules: Record<string, object[]> = {
      cors: [{ allowed: { origins: ['https://app.example.com'], methods: ['GET', 'PUT'], headers: ['*'] } }],
      lifecycle: [{ id: 'abort', enabled: true, conditions: { prefix: '' }, abortMultipartUploadsTransition: {} }],
    };
    const api = await cloudflare((bucket, kind) => (bucket === health.r2.bucket ? rules[kind] : undefined) ?? []);
    const { failed, of } = await doctor(origin, { ...r2Keys(), ...api });
    expect(failed).toEqual(['cors.default', 'lock.compliance']);
    expect(of('cors.default')?.found).toContain('a bare * does not match');
    expect(of('lifecycle.default')).toMatchObject({ state: 'warning', found: expect.stringContaining('incoming/') });
  });

  const days = (count: number) => ({
    id: 'keep',
    enabled: true,
    prefix: 'compliance/',
    condition: { type: 'Age', maxAgeSeconds: count * 86_400 },
  });
  test.each([
    ['no lock', [], 'failed'],
    ['one of a year', [days(365)], 'failed'],
    ['one that is off', [{ ...days(2557), enabled: false }], 'failed'],
    ['one of something else', [{ ...days(2557), prefix: 'other/' }], 'failed'],
    ['one of seven years', [days(2557)], 'ok'],
    ['one for good', [{ id: 'keep', prefix: '', condition: { type: 'Indefinite' } }], 'ok'],
  ])('that documents have %s: %s', async (_, rules, state) => {
    const api = await cloudflare((bucket, kind) =>
      bucket === health.r2.complianceBucket && kind === 'lock' ? rules : [],
    );
    const { of } = await doctor([], api);
    expect(of('lock.compliance')).toMatchObject({ state });
    if (state === 'failed') expect(of('lock.compliance')?.todo).toContain('wrangler r2 bucket lock add');
  });

  test('that a lock hinders deletions, or that the token may not read it', async () => {
    const api = await cloudflare((_, kind) => (kind === 'lock' ? [{ ...days(3000), prefix: '' }] : []));
    expect((await doctor([], api)).failed).toEqual(expect.arrayContaining(['lock.default', 'lock.public']));
    const refused = { CLOUDFLARE_API_TOKEN: 'weak', CLOUDFLARE_API_BASE_URL: await stub(() => [403, {}]) };
    expect((await doctor([], refused)).of('lock.compliance')).toMatchObject({ state: 'skipped' });
  });

  test('that the public domain lets browsers guess', async () => {
    looksAt({ r2: { publicBaseUrl: await stub(() => [404, 'Not found', { 'set-cookie': 'a=b' }]) } });
    const { failed, of } = await doctor();
    expect(failed).toEqual(['domain.nosniff']);
    expect(of('domain.cookies')).toMatchObject({ state: 'warning' });
  });
});

/** Cloudflare's API as far as it tells rules, to a token of the right kind. */
async function cloudflare(rulesOf: (bucket: string, kind: string) => object[]): Promise<Record<string, string>> {
  const url = await stub(({ url: path = '', headers }) => {
    const [, bucket = '', kind = ''] = /\/r2\/buckets\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (headers.authorization !== 'Bearer cf-token') return [403, {}];
    return [200, { success: true, result: { rules: rulesOf(bucket, kind) } }];
  });
  return { CLOUDFLARE_API_TOKEN: 'cf-token', CLOUDFLARE_API_BASE_URL: url };
}

describe('of the account it says', () => {
  const aws = async (
    secret: object | string,
    limits = { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 },
  ) => {
    const url = await stub(({ url: path = '', headers }) => {
      if (path.includes('account-settings')) return [200, { AccountLimit: limits }];
      const isSecret = String(headers['x-amz-target']).endsWith('GetSecretValue');
      if (!isSecret) return [400, { __type: 'UnknownOperationException' }];
      if (secret === 'missing') return [400, { __type: 'ResourceNotFoundException', message: 'x' }];
      return [200, { Name: 'x', SecretString: typeof secret === 'string' ? secret : JSON.stringify(secret) }];
    });
    const keys = { AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'operator', AWS_REGION: 'eu-central-1' };
    return { ...keys, AWS_ENDPOINT_URL: url };
  };
  const own = () => ({
    accessKeyId: opened.cloud.dev.r2.accessKeyId,
    secretAccessKey: opened.cloud.dev.r2.secretAccessKey,
  });

  test('that all is well, and reads the rules of buckets with what the secret holds', async () => {
    const { failed, of } = await doctor(origin, await aws(own()));
    expect(failed).toEqual([]);
    expect(of('aws.secret')).toMatchObject({ state: 'ok' });
    expect(of('aws.concurrency')).toMatchObject({ state: 'ok' });
    expect(of('cors.default')).toMatchObject({ state: 'ok' });
  });

  test.each([
    ['that there is no secret', 'missing', 'failed', 'aws secretsmanager create-secret'],
    ['that the secret is no JSON', 'accessKeyId=1', 'failed', 'put-secret-value'],
    ['that a field of the secret is missing', { accessKeyId: 'a' }, 'failed', 'put-secret-value'],
    [
      "that the secret holds AWS's keys",
      { accessKeyId: 'AKIA0123456789ABCDEF', secretAccessKey: 'x' },
      'warning',
      'put-secret-value',
    ],
  ])('%s', async (_, secret, state, todo) => {
    const { of } = await doctor([], { ...(await aws(secret)), ...r2Keys() });
    expect(of('aws.secret')).toMatchObject({ state, todo: expect.stringContaining(todo) });
  });

  test('that few functions may run at a time', async () => {
    const { of } = await doctor([], await aws(own(), { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 }));
    expect(of('aws.concurrency')).toMatchObject({ state: 'warning', todo: expect.stringContaining('service-quotas') });
  });
});
