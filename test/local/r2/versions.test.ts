import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { startR2 } from '#local/r2/server.ts';
import {
  blobs,
  bucket,
  clientOf,
  codeOf,
  credentials,
  refusal,
  send,
  signed,
  startedR2,
  temporaryFolder,
  textOf,
} from './support.ts';

describe('an object', () => {
  it('lets exactly one of many racing writers create a key', async () => {
    const { s3, dir } = await startedR2();
    const attempts = Array.from({ length: 20 }, (_, i) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: `writer ${i}`, IfNoneMatch: '*' })).then(
        () => i,
        (error) => (error as Error).name,
      ),
    );
    const outcomes = await Promise.all(attempts);
    const winners = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'PreconditionFailed')).toHaveLength(19);
    expect(await textOf(s3, 'x')).toBe(`writer ${winners[0]}`);
    expect(await blobs(dir)).toHaveLength(1);
  });

  it('overwrites only the version that was named', async () => {
    const { s3 } = await startedR2();
    const put = (Body: string, IfMatch?: string) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body, IfMatch }));
    expect((await refusal(put('a', '"0"'))).status).toBe(412);
    const { ETag } = await put('a');
    await put('b', ETag);
    expect((await refusal(put('c', ETag))).status).toBe(412);
    expect(await textOf(s3, 'x')).toBe('b');
  });

  it('keeps any key apart from every other, whatever it would mean as a path', async () => {
    const server = await startedR2();
    const keys = [
      '../../etc/passwd',
      'a/../b',
      './a',
      '/a',
      'a//b',
      'a/',
      'A',
      'a',
      'ä',
      'a\u0308',
      '𝒳',
      'n\u0000l',
      '%2e%2e',
      'k'.repeat(1024),
    ];
    for (const key of keys) {
      const path = `/files/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      const headers = await signed(server, path, { method: 'PUT' });
      expect((await send(server.endpoint + path, { method: 'PUT', headers, body: key })).status).toBe(200);
    }
    for (const key of keys) {
      const path = `/files/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      expect((await send(server.endpoint + path, { headers: await signed(server, path) })).body).toBe(key);
    }
    const long = `/files/${'k'.repeat(1025)}`;
    const got = await send(server.endpoint + long, {
      method: 'PUT',
      headers: await signed(server, long, { method: 'PUT' }),
      body: '',
    });
    expect([got.status, codeOf(got)]).toEqual([400, 'InvalidObjectName']);
  });

  it('survives a restart with everything it acknowledged', async () => {
    const dir = await temporaryFolder();
    const options = { dir, credentials, buckets: [{ name: bucket }] };
    const first = await startR2(options);
    const put = new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'kept', Metadata: { a: '1' } });
    const { ETag } = await clientOf(first).send(put);
    await first.close();
    const { s3 } = await startedR2(options);
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' }));
    expect([await got.Body?.transformToString(), got.ETag, got.Metadata]).toEqual(['kept', ETag, { a: '1' }]);
  });
});
