import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eicarEngine, scanFile } from '../../examples/scanner/scanner.ts';
import { formOf, openCloud } from './support.ts';
import { dataOf, type Json, listOf, type Upload } from './uploads-support.ts';

/** The test file that scanners take for a virus, in two parts so that none takes this file for it. */
const eicar = Buffer.from(['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join(''));
const clean = Buffer.from('nothing to see here');

let opened: Awaited<ReturnType<typeof openCloud>>;
let token: string;
beforeAll(async () => {
  opened = await openCloud({ scan: { mode: 'quarantine', timeoutMinutes: 60, onTimeout: 'reject' } });
  token = await opened.stowage.token({ token_use: 'user', sub: 'careful' });
});
afterAll(() => opened?.close());

const call = (method: string, path: string, json?: Json) =>
  opened.stowage.call(method, path, { token, ...(json && { json }) });
const asPlatform = (method: string, path: string, json?: Json) =>
  opened.stowage.call(method, path, { token: opened.stowage.dev.platformToken, ...(json && { json }) });

/** What `platform.scans` of `@stowage/server` asks, over the wire. */
const scans = {
  get: async (fileId: string) => {
    const { status, body } = await asPlatform('GET', `/platform/scans/${fileId}`);
    expect(status).toBe(200);
    return body as { etag: string; url: string; sizeBytes: number };
  },
  judge: async (fileId: string, verdict: Json) => {
    const { status, body } = await asPlatform('POST', `/platform/scans/${fileId}/verdict`, verdict);
    expect(status).toBe(200);
    return body as { verdict: 'clean' | 'infected' };
  },
};
const scan = ({ _id }: Upload) => scanFile(scans, eicarEngine, _id);

async function byForm(path: string, bytes: Buffer): Promise<Upload> {
  const answer = await opened.stowage.call('POST', path, { token, body: formOf({ bytes, name: 'a.txt' }) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return dataOf(answer);
}

async function directly(path: string, bytes: Buffer): Promise<Upload> {
  const json = { filename: 'a.txt', sizeBytes: bytes.length, private: path.endsWith('private') };
  const offer = dataOf(await call('POST', '/v1/upload/presign', json)) as unknown as {
    uploadId: string;
    uploadUrl: string;
    headers: Record<string, string>;
  };
  await fetch(offer.uploadUrl, { method: 'PUT', headers: offer.headers, body: new Uint8Array(bytes) });
  return dataOf(await call('POST', '/v1/upload/complete', { uploadId: offer.uploadId }));
}

const link = (file: Upload) => call('GET', `/v1/upload/url/${file._id}`);

describe.each([
  ['a form', byForm],
  ['a direct upload', directly],
] as const)('%s', (_, send) => {
  it.each(['/v1/upload', '/v1/upload/private'])('to %s opens after a clean verdict, and not before', async (path) => {
    const file = await send(path, clean);
    expect(file).toMatchObject({ scan: 'pending', status: true });
    expect(listOf(await call('GET', '/v1/upload?limit=1')).data).toEqual([
      expect.objectContaining({ _id: file._id, scan: 'pending' }),
    ]);
    const held = await link(file);
    expect(held).toMatchObject({ status: 423, body: { code: 'file_in_quarantine' } });
    expect(held.headers.get('retry-after')).toBe('5');
    expect((await fetch(file.url)).ok).toBe(false);

    expect(await scan(file)).toBe('clean');
    const opened = await fetch(String(((await link(file)).body as Json).data));
    expect(Buffer.from(await opened.arrayBuffer()).equals(clean)).toBe(true);
    const { scan: _scan, ...rest } = file;
    expect(dataOf(await call('GET', `/v1/upload/${file._id}`))).toEqual(rest);
    if (path === '/v1/upload') expect(await (await fetch(file.url)).text()).toBe(clean.toString());
    expect(await scan(file)).toBe('clean');
  });

  it.each(['/v1/upload', '/v1/upload/private'])('of the EICAR file to %s is never downloadable', async (path) => {
    const before = listOf(await call('GET', '/v1/upload')).count;
    const file = await send(path, eicar);
    expect((await link(file)).status).toBe(423);
    expect((await fetch(file.url)).ok).toBe(false);
    expect(await scan(file)).toBe('infected');
    const rejected = { code: 'file_rejected', details: { reason: 'infected', signature: 'Eicar-Test-Signature' } };
    for (const answer of [
      await link(file),
      await call('GET', `/v1/upload/${file._id}`),
      await call('DELETE', `/v1/upload/${file._id}`),
      await call('POST', `/v1/upload/${file._id}/restore`),
      await call('POST', '/v1/upload/complete', { uploadId: file._id }),
    ]) {
      expect(answer).toMatchObject({ status: 422, body: rejected });
    }
    expect((await fetch(file.url)).ok).toBe(false);
    expect(listOf(await call('GET', '/v1/upload')).count).toBe(before);
    await opened.stowage.drain();
    expect(await opened.stowage.bucketKeys()).not.toContain(file.name);
    expect((await link(file)).status).toBe(422);
  });
});

it('the queue names what there is to judge', async () => {
  const { left } = (await opened.stowage.drain()) as unknown as { left: Record<string, number> };
  const [, waiting] = Object.entries(left).find(([name]) => /scan/i.test(name) && !/dead/i.test(name)) ?? [];
  expect(waiting).toBe(8);
});

it('verdicts are the platform’s alone, and only on bytes that are there', async () => {
  const file = await byForm('/v1/upload', clean);
  const verdict = { verdict: 'clean', engine: 'me', etag: '"0"' };
  expect((await call('GET', `/platform/scans/${file._id}`)).status).toBe(401);
  expect((await call('POST', `/platform/scans/${file._id}/verdict`, verdict)).status).toBe(401);
  expect(await asPlatform('POST', `/platform/scans/${file._id}/verdict`, verdict)).toMatchObject({
    status: 400,
    body: { code: 'validation_failed', details: { issues: [{ path: 'body.etag' }] } },
  });
  expect((await asPlatform('GET', `/platform/scans/${'0'.repeat(24)}`)).status).toBe(404);
  expect((await link(file)).status).toBe(423);
});
