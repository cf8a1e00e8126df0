import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { eventually } from '../e2e/support.ts';
import {
  closedPort,
  doctor,
  examineOneCloud,
  health,
  looksAt,
  opened,
  origin,
  proxy,
  r2Keys,
  stub,
  terminal,
} from './doctor-support.ts';

examineOneCloud();

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
    const nowhere = await terminal.run(['doctor', '--url', await closedPort(), '--json']);
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
