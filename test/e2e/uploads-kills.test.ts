import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eicarEngine, scanFile } from '../../examples/scanner/scanner.ts';
import { killInstances } from './faults-support.ts';
import { formOf, openCloud } from './support.ts';
import { dataOf, type Json, type Upload } from './uploads-support.ts';

const MiB = 1_048_576;

let opened: Awaited<ReturnType<typeof openCloud>>;
let token: string;
beforeAll(async () => {
  opened = await openCloud({ scan: { mode: 'quarantine', timeoutMinutes: 60, onTimeout: 'reject' } });
  token = await opened.stowage.token({ token_use: 'user', sub: 'killed' });
});
afterEach(() => {
  for (const service of ['r2', 'dynamodb'] as const) opened.cloud.faults[service] = undefined;
});
afterAll(() => opened?.close());

const call = (method: string, path: string, json?: Json) =>
  opened.stowage.call(method, path, { token, ...(json && { json }) });
const asPlatform = async (method: string, path: string, json?: Json) =>
  await opened.stowage.call(method, path, { token: opened.stowage.dev.platformToken, ...(json && { json }) });

/** Ends the function whose name holds `part` when it asks for `operation`, once: before it took effect, or after. */
function killAt(service: 'r2' | 'dynamodb', operation: string, part: string, when: 'before' | 'after') {
  const state = { killed: 0 };
  opened.cloud.faults[service] = (request: { operation: string }) => {
    if (request.operation !== operation || state.killed > 0) return undefined;
    state.killed = killInstances(opened, part);
    return when === 'before' ? 'reset' : undefined;
  };
  return state;
}

async function stored(bytes: Buffer): Promise<Upload> {
  const answer = await opened.stowage.call('POST', '/v1/upload/private', {
    token,
    body: formOf({ bytes, name: 'a.txt' }),
  });
  expect(answer.status).toBe(200);
  return dataOf(answer);
}
const judge = async (file: Upload) =>
  await scanFile(
    {
      get: async (id) => (await asPlatform('GET', `/platform/scans/${id}`)).body as never,
      judge: async (id, verdict) => {
        const { status, body } = await asPlatform('POST', `/platform/scans/${id}/verdict`, verdict as Json);
        if (status !== 200) throw new Error(`${status}`);
        return body as { verdict: 'clean' | 'infected' };
      },
    },
    eicarEngine,
    file._id,
  );
const served = async (id: string) => {
  const answer = await call('GET', `/v1/upload/url/${id}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return Buffer.from(await (await fetch(String((answer.body as Json).data))).arrayBuffer());
};
const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe.runIf(existsSync('/proc/self/environ'))('a function that is killed', () => {
  it.each([
    ['before its parts are joined', 'r2', 'CompleteMultipartUpload', 'before'],
    ['while its parts are joined', 'r2', 'CompleteMultipartUpload', 'after'],
    ['before what was joined is copied', 'r2', 'CopyObject', 'before'],
    ['while what was joined is copied', 'r2', 'CopyObject', 'after'],
    ['before the record is ready', 'dynamodb', 'TransactWriteItems', 'before'],
    ['while the record becomes ready', 'dynamodb', 'TransactWriteItems', 'after'],
  ] as const)(
    'completing an upload in parts, %s, has lost nothing: the same call again ends it',
    async (_, service, operation, when) => {
      const before = await opened.stowage.bucketKeys();
      const bytes = randomBytes(6 * MiB);
      const json = { filename: 'film.bin', sizeBytes: bytes.length, private: true, parts: true };
      const { uploadId, parts, partSizeBytes } = dataOf(await call('POST', '/v1/upload/presign', json)) as unknown as {
        uploadId: string;
        partSizeBytes: number;
        parts: { partNumber: number; uploadUrl: string; contentLength: number }[];
      };
      for (const { partNumber, uploadUrl, contentLength } of parts) {
        const start = (partNumber - 1) * partSizeBytes;
        const body = new Uint8Array(bytes.subarray(start, start + contentLength));
        expect((await fetch(uploadUrl, { method: 'PUT', body })).status).toBe(200);
      }
      const state = killAt(service, operation, 'uploadscomplete', when);
      expect((await call('POST', '/v1/upload/complete', { uploadId })).status).toBe(500);
      expect(state.killed).toBeGreaterThan(0);
      opened.cloud.faults[service] = undefined;
      let again = await call('POST', '/v1/upload/complete', { uploadId });
      // R2 takes a second write of a key after a second.
      await expect
        .poll(async () => {
          if (again.status !== 200) again = await call('POST', '/v1/upload/complete', { uploadId });
          return again.status;
        })
        .toBe(200);
      const file = dataOf(again);
      await judge(file);
      expect(hash(await served(uploadId))).toBe(hash(bytes));
      expect(await opened.stowage.drain()).toMatchObject({ finished: true, left: {} });
      const keys = await opened.stowage.bucketKeys();
      expect(keys.filter((key) => !before.includes(key))).toHaveLength(1);
      await call('DELETE', `/v1/upload/${uploadId}`);
    },
  );

  it.each(['before', 'after'] as const)(
    'restoring, %s its write, has restored or has not: the same call again does',
    async (when) => {
      const bytes = Buffer.from('to be restored');
      const file = await stored(bytes);
      await judge(file);
      expect((await call('DELETE', `/v1/upload/${file._id}`)).status).toBe(200);
      const state = killAt('dynamodb', 'TransactWriteItems', 'uploadsrestore', when);
      expect((await call('POST', `/v1/upload/${file._id}/restore`)).status).toBe(500);
      expect(state.killed).toBeGreaterThan(0);
      opened.cloud.faults.dynamodb = undefined;
      expect((await call('POST', `/v1/upload/${file._id}/restore`)).status).toBe(200);
      expect(await served(file._id)).toEqual(bytes);
      expect(await opened.stowage.drain()).toMatchObject({ finished: true, left: {} });
      expect(await served(file._id)).toEqual(bytes);
    },
  );

  it.each(['before', 'after'] as const)(
    'taking a verdict, %s its write, has taken it or has not: the same verdict again is',
    async (when) => {
      const bytes = Buffer.from('to be judged');
      const file = await stored(bytes);
      const state = killAt('dynamodb', 'TransactWriteItems', 'platformscansverdict', when);
      await expect(judge(file)).rejects.toThrow('500');
      expect(state.killed).toBeGreaterThan(0);
      opened.cloud.faults.dynamodb = undefined;
      expect(await judge(file)).toBe('clean');
      expect(await served(file._id)).toEqual(bytes);
    },
  );
});
