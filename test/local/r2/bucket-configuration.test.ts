import { GetBucketCorsCommand, GetBucketLifecycleConfigurationCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { bucket as Bucket, refusal, startedR2 } from './support.ts';

const rule = {
  allowedOrigins: ['https://app.example.com', 'https://b.example.com'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['content-type'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 3600,
};

describe('settings of a bucket', () => {
  it('are read as they were given', async () => {
    const lifecycle = [
      { id: 'abort', abortMultipartDays: 7 },
      { id: 'incoming', prefix: 'incoming/', expireDays: 1 },
    ];
    const { s3 } = await startedR2({ buckets: [{ name: Bucket, cors: [rule], lifecycle }] });
    const { CORSRules } = await s3.send(new GetBucketCorsCommand({ Bucket }));
    expect(CORSRules).toEqual([
      {
        AllowedOrigins: rule.allowedOrigins,
        AllowedMethods: rule.allowedMethods,
        AllowedHeaders: rule.allowedHeaders,
        ExposeHeaders: rule.exposeHeaders,
        MaxAgeSeconds: 3600,
      },
    ]);
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(Rules).toEqual([
      {
        ID: 'abort',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      { ID: 'incoming', Status: 'Enabled', Filter: { Prefix: 'incoming/' }, Expiration: { Days: 1 } },
    ]);
  });

  it('that nobody gave are told as missing', async () => {
    const { s3 } = await startedR2();
    expect(await refusal(s3.send(new GetBucketCorsCommand({ Bucket })))).toMatchObject({
      name: 'NoSuchCORSConfiguration',
      status: 404,
    });
    expect(await refusal(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))).toMatchObject({
      name: 'NoSuchLifecycleConfiguration',
    });
  });

  it('cannot be changed here', async () => {
    const { s3 } = await startedR2();
    const CORSConfiguration = { CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }] };
    expect(await refusal(s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration })))).toMatchObject({
      name: 'NotImplemented',
      status: 501,
    });
  });
});
