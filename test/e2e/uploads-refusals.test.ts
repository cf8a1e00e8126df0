import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dataOf, listOf, uploadsCloud, user, uuid } from './uploads-support.ts';

const cloud = uploadsCloud();

describe('bad input', () => {
  const raw = (parts: string, type = 'multipart/form-data; boundary=b') =>
    cloud.call('POST', '/v1/upload', {
      headers: { 'content-type': type },
      body: Uint8Array.from(Buffer.from(parts, 'latin1')),
    });
  const part = (name: string, content: string) =>
    `--b\r\nContent-Disposition: form-data; ${name}\r\n\r\n${content}\r\n`;

  it.each([
    ['no file', `${part('name="coinName"', 'x')}--b--\r\n`],
    ['an empty file', `${part('name="file"; filename="a.txt"', '')}--b--\r\n`],
    ['two files', `${part('name="file"; filename="a"', 'a') + part('name="file"; filename="b"', 'b')}--b--\r\n`],
    ['a file cut short', part('name="file"; filename="a"', 'a')],
    ['a file under another name', `${part('name="upload"; filename="a"', 'a')}--b--\r\n`],
    ['a coin with a NUL', `${part('name="file"; filename="a"', 'a') + part('name="coinName"', 'a\0b')}--b--\r\n`],
    [
      'a coin without end',
      `${part('name="file"; filename="a"', 'a') + part('name="coinName"', 'x'.repeat(65))}--b--\r\n`,
    ],
    ['no form at all', 'hello'],
  ])('%s is a clear 400 and leaves nothing', async (_, form) => {
    const before = await cloud.keys();
    const count = listOf(await cloud.get('/v1/upload')).count;
    const answer = await raw(form);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 'error', code: 'validation_failed', message: expect.any(String) });
    expect(await cloud.keys()).toEqual(before);
    expect(listOf(await cloud.get('/v1/upload')).count).toBe(count);
  });

  it.each([
    ['300 bytes', `${'n'.repeat(300)}.txt`],
    ['a path', '..\\..\\etc/passwd.txt'],
    ['a right-to-left mark', 'photo\u202egpj.exe'],
    ['an encoded line break', 'a%0D%0Ax-evil: 1.txt'],
  ])('a name of %s is stored safely', async (_, name) => {
    const file = dataOf(
      await raw(`${part(`name="file"; filename="${Buffer.from(name).toString('latin1')}"`, 'a')}--b--\r\n`),
    );
    const { originalName } = file.meta as { originalName: string };
    expect(Buffer.byteLength(originalName)).toBeLessThanOrEqual(255);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
    expect(originalName).not.toMatch(/[\u0000-\u001f\u202a-\u202e/\\]/);
    expect(file.name).toMatch(new RegExp(`^public/${user}/${uuid}\\.txt$`));
    const opened = await fetch(file.url);
    expect(opened.status).toBe(200);
    expect(opened.headers.get('x-evil')).toBeNull();
  });

  it.each([
    'page=-1',
    'page=1.5',
    'page=x',
    'limit=0',
    'limit=',
    'cursor=x',
    'page=1&cursor=',
    'page=1&page=2',
    `coinName=${'x'.repeat(65)}`,
    'coinName=%00',
  ])('?%s is a clear 400', async (query) => {
    expect(await cloud.get(`/v1/upload?${query}`)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  it.each(['x', '68123badaa855ca20cdf645', '68123badaa855ca20cdf6451a', '..%2f..%2fa', '%00'])(
    'the id %s is a clear 400 everywhere',
    async (id) => {
      for (const [method, path] of [
        ['GET', ''],
        ['GET', 'url/'],
        ['DELETE', ''],
      ] as const) {
        const answer = await cloud.call(method, `/v1/upload/${path}${id}`);
        expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      }
    },
  );

  it('a missing or foreign token is 401', async () => {
    for (const as of [undefined, cloud.it().stowage.dev.adminToken, cloud.it().stowage.dev.sessionToken]) {
      const answer = await cloud.call('GET', '/v1/upload', { token: as });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    }
  });

  it('a form that is too large says how to upload directly', async () => {
    const answer = await cloud.post('/v1/upload', { bytes: randomBytes(4_640_000), name: 'big.bin' });
    expect(answer).toMatchObject({
      status: 413,
      body: {
        code: 'file_too_large',
        details: { direct: { presign: 'POST /v1/upload/presign', complete: 'POST /v1/upload/complete' } },
      },
    });
  });
});
