import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { markerPrefix } from '#core/files/ids.ts';
import { eventually, openCloud } from './support.ts';

interface Health {
  healthy: boolean;
  checks: { name: string; state: string; code?: string; message: string }[];
  tokens: Record<string, string>;
  r2?: Record<string, string>;
}

let opened: Awaited<ReturnType<typeof openCloud>>;
beforeAll(async () => {
  opened = await openCloud();
  await opened.stowage.drain();
});
afterEach(() => {
  for (const service of ['r2', 'dynamodb', 'secrets'] as const) opened.cloud.faults[service] = undefined;
});
afterAll(() => opened.close());

const ask = async () =>
  (await opened.stowage.ok('GET', '/admin/health', { token: opened.cloud.dev.adminToken })) as Health;
const states = ({ checks }: Health) => Object.fromEntries(checks.map(({ name, state, code }) => [name, code ?? state]));

describe('the health of a stage', () => {
  it('is told check by check, with where it looks and no secret', async () => {
    const health = await ask();
    expect(states(health)).toEqual({
      table: 'ok',
      secret: 'ok',
      'bucket.default': 'ok',
      'binding.default': 'ok',
      'bucket.public': 'ok',
      'binding.public': 'ok',
      'bucket.compliance': 'ok',
      'binding.compliance': 'ok',
      reconcile: 'ok',
    });
    expect(health).toMatchObject({
      healthy: true,
      r2: { bucket: opened.cloud.dev.r2.bucket, secretName: 'stowage/local/r2' },
    });
    const { accessKeyId, secretAccessKey } = opened.cloud.dev.r2;
    expect(JSON.stringify(health)).not.toMatch(new RegExp(`${accessKeyId}|${secretAccessKey}`));
  });

  it('says that the secret cannot be read, and looks at no bucket with what it was', async () => {
    opened.cloud.faults.secrets = () => ({ status: 400, code: 'AccessDeniedException' });
    await eventually(async () => expect(states(await ask())).toMatchObject({ secret: 'secret_denied' }));
    const health = await ask();
    expect(health.healthy).toBe(false);
    expect(states(health)).toMatchObject({ table: 'ok', 'bucket.default': 'not_looked_at' });
  });

  it('goes by the secret of now, not by the one that is remembered', async () => {
    const right = {
      accessKeyId: opened.cloud.dev.r2.accessKeyId,
      secretAccessKey: opened.cloud.dev.r2.secretAccessKey,
    };
    opened.cloud.r2Tokens.store({ ...right, secretAccessKey: 'wrong' });
    await eventually(async () =>
      expect(states(await ask())).toMatchObject({ secret: 'ok', 'bucket.default': 'bucket_denied' }),
    );
    opened.cloud.r2Tokens.store({ accessKeyId: '', secretAccessKey: '' });
    await eventually(async () => expect(states(await ask())).toMatchObject({ secret: 'secret_denied' }));
    opened.cloud.r2Tokens.store(right);
    await eventually(async () => expect((await ask()).healthy).toBe(true));
  });

  it('says that a bucket is away', async () => {
    opened.cloud.faults.r2 = () => ({ status: 500, code: 'InternalError' });
    await eventually(async () => expect(states(await ask())).toMatchObject({ 'bucket.public': 'bucket_unavailable' }));
  });

  it('says that a table is away, in no words of its own', async () => {
    opened.cloud.faults.dynamodb = ({ operation }) =>
      operation === 'DescribeTable'
        ? { type: 'AccessDeniedException', message: 'no arn:aws:dynamodb:::table/x' }
        : undefined;
    await eventually(async () => expect(states(await ask())).toMatchObject({ table: 'table_unavailable' }));
    const health = await ask();
    expect(states(health)).toMatchObject({ 'bucket.default': 'ok', 'binding.default': 'not_looked_at' });
    expect(JSON.stringify(health)).not.toContain('arn:aws');
  });

  it('says that a bucket has lost its marker', async () => {
    const { endpoint, accessKeyId, secretAccessKey, bucket: Bucket } = opened.cloud.dev.r2;
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: markerPrefix }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    s3.destroy();
    expect(Contents).not.toHaveLength(0);
    await eventually(async () =>
      expect(states(await ask())).toMatchObject({ 'binding.default': 'bucket_without_marker' }),
    );
  });
});
