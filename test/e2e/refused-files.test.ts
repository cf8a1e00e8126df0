import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  damaged,
  flatPng,
  heavyFramesGif,
  heic,
  html,
  manyFramesGif,
  svg,
  truncatedJpeg,
} from '#test/support/hostile-images.ts';
import { jpegPhoto, pngPhoto, tiffPhoto, webpPhoto } from '#test/support/images.ts';
import { expectError } from './expectations.ts';
import { asUser, formOf, openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
beforeAll(async () => {
  stowage = await openStowage();
  app = await stowage.app();
});
afterAll(() => stowage.close());

afterEach(async () => {
  const view = await stowage.ok('GET', `${app.admin}/file-storage`, { token: stowage.dev.adminToken });
  expect(view, 'nothing of a refused file stays').toMatchObject({ usage: { usedBytes: 0, fileCount: 0 } });
});

const text = (content: string) => async () => Buffer.from(content, 'latin1');
const pdf = text('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF');

const others: [name: string, make: () => Promise<Buffer>, detected: string][] = [
  ['SVG', svg, 'image/svg+xml'],
  ['SVG without a declaration', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'],
  ['TIFF', tiffPhoto, 'image/tiff'],
  ['HEIC', heic, 'image/heic'],
  ['BMP', text(`BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0${'\0'.repeat(60)}`), 'image/bmp'],
  ['PDF', pdf, 'application/pdf'],
  ['HTML', html, 'text/html'],
  ['plain text', text('just words'), 'text/plain'],
  ['ZIP', text(`PK\x03\x04${'\0'.repeat(26)}`), 'application/zip'],
  ['a program', text(`\x7fELF\x02\x01\x01${'\0'.repeat(60)}`), 'application/x-elf'],
];

describe.each(others)('%s', (_, make, detected) => {
  it.each([
    ['photo.png', 'image/png'],
    ['photo.jpg', 'image/jpeg'],
    ['photo', 'application/octet-stream'],
    ['../../etc/photo.webp', 'image/webp'],
  ])('is refused as %s, declared %s', async (name, type) => {
    const bytes = await make();
    expectError(await upload(stowage, app, { bytes, name, type }), 415, 'invalid_file_type', { detected });
    expectError(await stage(stowage, app, { bytes, name, type }), 415, 'invalid_file_type', { detected });
  });
});

describe('a picture that cannot be shown', () => {
  it.each([
    ['half a JPEG', truncatedJpeg, 'truncated'],
    ['half a PNG', async () => half(await pngPhoto()), 'truncated'],
    ['half a WebP', async () => half(await webpPhoto()), 'truncated'],
    ['a PNG with damage inside', async () => damaged(await pngPhoto()), 'corrupt'],
    ['a JPEG that is only its beginning', async () => (await jpegPhoto()).subarray(0, 30), undefined],
    ['PNG of 20000 x 20000', () => flatPng(), 'too_many_pixels'],
    [
      'interlaced PNG of 9000 x 9000',
      () => flatPng({ width: 9000, height: 9000, interlaced: true }),
      'too_many_pixels',
    ],
    ['GIF of 200 frames of 2000 x 2000', () => heavyFramesGif(), 'too_many_pixels'],
    ['GIF of 5000 frames', () => manyFramesGif(), 'too_many_frames'],
  ])('(%s) is refused with the reason', async (_, make, reason) => {
    const bytes = await make();
    const details = expect.objectContaining({ reason: reason ?? expect.stringMatching(/truncated|corrupt/) });
    expectError(await upload(stowage, app, { bytes }), 422, 'invalid_image', details);
    expectError(await stage(stowage, app, { bytes }), 422, 'invalid_image', details);
  });

  it('does not break the function for the pictures that come after it', async () => {
    const bombs = [await flatPng(), await heavyFramesGif(), await truncatedJpeg()];
    const answers = await Promise.all(bombs.map((bytes) => upload(stowage, app, { bytes })));
    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422]);
    const other = await stowage.app();
    expect((await upload(stowage, other, { bytes: await jpegPhoto() })).status).toBe(201);
  });
});

describe('a file that is too large', () => {
  it('is refused with the limit of the app', async () => {
    const small = await stowage.app({ maxFileBytes: 1000 });
    const answer = await upload(stowage, small, { bytes: await jpegPhoto() });
    expectError(answer, 413, 'file_too_large', { maxBytes: 1000 });
  });

  it('for a form is told the way to upload it directly', async () => {
    const bytes = Buffer.concat([await jpegPhoto(), Buffer.alloc(4_613_735)]);
    const prefix = `POST ${app.files}`;
    expectError(await upload(stowage, app, { bytes: bytes.subarray(0, 4_613_735) }), 413, 'file_too_large', {
      maxBytes: 4_613_734,
      direct: { presign: `${prefix}/presign`, complete: `${prefix}/complete`, maxBytes: 10_485_760 },
    });
    expectError(await stage(stowage, app, { bytes: bytes.subarray(0, 4_613_735) }), 413, 'file_too_large', {
      maxBytes: 4_613_734,
      direct: { presign: `POST ${app.setup}/presign`, complete: `POST ${app.setup}/complete`, maxBytes: 10_485_760 },
    });
  });

  it.each([
    ['5 MB, more than a function can be sent', 5_000_000],
    ['11 MB, more than the gateway takes', 11_000_000],
  ])("meets the gateway's own refusal (%s)", async (_, length) => {
    const body = formOf({ bytes: new Uint8Array(length) });
    const answer = await stowage.call('POST', `${app.setup}/stage`, { ...asUser(app), body });
    expect(answer.status).toBe(413);
    expect(answer.body).toEqual({ message: 'Request Entity Too Large' });
  });
});

const half = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));
