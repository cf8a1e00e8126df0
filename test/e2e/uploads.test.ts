import { describe, expect, it } from 'vitest';
import {
  dataOf,
  expectShape,
  type Json,
  listOf,
  png,
  seedDetails,
  seedList,
  seedUpload,
  uploadsCloud,
  user,
  uuid,
} from './uploads-support.ts';

const cloud = uploadsCloud();

describe('the examples of the contract', () => {
  it.each([
    ['/v1/upload', 'public', () => cloud.it().stowage.dev.r2.publicBucket],
    ['/v1/upload/', 'public', () => cloud.it().stowage.dev.r2.publicBucket],
    ['/v1/upload/private', 'private', () => cloud.it().stowage.dev.r2.bucket],
  ])('POST %s', async (path, folder, bucket) => {
    const answer = await cloud.post(path, { bytes: png, name: '80:20 rule.png', type: 'image/png' });
    expect(answer.status).toBe(200);
    expectShape(answer.body, seedUpload);
    expect(answer.body).toMatchObject({
      status: 'success',
      message: 'file Uploaded Successfully',
      data: {
        name: expect.stringMatching(new RegExp(`^${folder}/${user}/${uuid}\\.png$`)),
        uploaded_by: user,
        type: 'image/png',
        size: String(png.length),
        bucket: bucket(),
        meta: { originalName: '80:20 rule.png' },
        _id: expect.stringMatching(/^[0-9a-f]{24}$/),
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updatedAt: dataOf(answer).createdAt,
      },
    });
    expect(dataOf(answer).url.endsWith(`/${dataOf(answer).name}`)).toBe(true);
  });

  it.each(['/v1/upload/', '/v1/upload'])('GET %s?page=1&limit=1', async (path) => {
    const answer = await cloud.get(`${path}?page=1&limit=1`);
    expect(answer.status).toBe(200);
    expectShape(answer.body, seedList);
    expect(answer.body).toMatchObject({ status: 'success', message: 'OK', data: { count: 3, pages: 3 } });
    expect(listOf(answer).data[0]?.name).toMatch(/^private\//);
  });

  it('GET /v1/upload/{id}', async () => {
    const file = await cloud.stored();
    const answer = await cloud.get(`/v1/upload/${file._id}`);
    expect(answer.status).toBe(200);
    expectShape(answer.body, seedDetails);
    expect(answer.body).toEqual({ status: 'success', message: 'Success', data: file });
  });

  it('GET /v1/upload/url/{id}', async () => {
    const file = await cloud.stored('/v1/upload/private');
    const answer = await cloud.get(`/v1/upload/url/${file._id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ status: 'success', message: 'Success', data: expect.any(String) });
    const url = new URL(String((answer.body as Json).data));
    expect(url.pathname.endsWith(`/${file.name}`)).toBe(true);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(url.searchParams.get('X-Amz-Algorithm')).toBe('AWS4-HMAC-SHA256');
    const opened = await fetch(url);
    expect(Buffer.from(await opened.arrayBuffer()).equals(png)).toBe(true);
  });
});

describe('where files open', () => {
  it('a public one at its url at once, for good', async () => {
    const answer = await fetch((await cloud.stored()).url);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-disposition')).toContain('inline');
    expect(Buffer.from(await answer.arrayBuffer()).equals(png)).toBe(true);
  });

  it('a private one nowhere without a signature, and in no public bucket', async () => {
    const file = await cloud.stored('/v1/upload/private');
    expect((await fetch(file.url)).status).toBeGreaterThanOrEqual(400);
    const open = await cloud.stored();
    expect((await fetch(new URL(`/${file.name}`, open.url))).status).toBe(404);
  });

  it.each([
    ['a page', 'x.png', '<!doctype html><script>alert(1)</script>', 'text/html', 'html', 'application/octet-stream'],
    [
      'a drawing',
      'x.png',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'image/svg+xml',
      'svg',
      'application/octet-stream',
    ],
    ['XML', 'x.txt', '<?xml version="1.0"?><a/>', 'application/xml', 'xml', 'application/octet-stream'],
    ['a drawing named as text', 'x.csv', '<svg/>', 'image/svg+xml', 'svg', 'application/octet-stream'],
    ['a page named as text', 'x.json', '<script>alert(1)</script>', 'text/html', 'html', 'application/octet-stream'],
    ['a program', 'x.js', 'alert(1)', 'text/javascript', 'js', 'text/javascript; charset=utf-8'],
  ])('%s is kept as what it is, and saved rather than shown', async (_, name, text, type, ext, contentType) => {
    const answer = await cloud.post('/v1/upload', { bytes: Buffer.from(text), name, type: 'image/png' });
    expect(dataOf(answer)).toMatchObject({ type, meta: { originalName: name } });
    expect(dataOf(answer).name.endsWith(`.${ext}`)).toBe(true);
    const opened = await fetch(dataOf(answer).url);
    expect(opened.headers.get('content-type')).toBe(contentType);
    expect(opened.headers.get('content-disposition')).toBe(`attachment; filename=${name}`);
    expect(await opened.text()).toBe(text);
  });

  it.each([
    ['x.pdf', '%PDF-1.7\n', 'application/pdf', 'pdf', 'application/pdf'],
    ['x.csv', 'a,b\n1,2\n', 'text/csv', 'csv', 'text/csv; charset=utf-8'],
    ['x.geojson', '{"type":"Point"}', 'application/geo+json', 'geojson', 'application/geo+json'],
  ])('%s is kept as what it is, and shown', async (name, text, type, ext, contentType) => {
    const file = dataOf(await cloud.post('/v1/upload', { bytes: Buffer.from(text), name, type: 'text/plain' }));
    expect(file).toMatchObject({ type, name: expect.stringMatching(new RegExp(`\\.${ext}$`)) });
    const opened = await fetch(file.url);
    expect(opened.headers.get('content-type')).toBe(contentType);
    expect(opened.headers.get('content-disposition')).toBe(`inline; filename=${name}`);
  });

  it.each(['/v1/upload', '/v1/upload/private'])('%s carries any name in its disposition', async (path) => {
    const name = 'Räume & "中文" 🎉.bin';
    const file = dataOf(await cloud.post(path, { bytes: Buffer.from([128, 1, 2]), name }));
    const link = String(((await cloud.get(`/v1/upload/url/${file._id}`)).body as Json).data);
    const disposition = (await fetch(link)).headers.get('content-disposition') ?? '';
    const [, encoded = ''] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
    expect(decodeURIComponent(encoded)).toBe(name);
    expect(disposition).toMatch(/^attachment; filename="[ -~]*"; filename\*=/);
  });
});
