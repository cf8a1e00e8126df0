import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startR2 } from '#local/r2/server.ts';
import { doctor, examineOneCloud, health, looksAt, opened, origin, r2Keys, stub } from './doctor-support.ts';

examineOneCloud();

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
