import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { polyglotJpeg, polyglotTail } from '#test/support/hostile-images.ts';
import {
  animatedGif,
  animatedWebp,
  cmykJpeg,
  corners,
  cornersOf,
  cornersPicture,
  deepPng,
  gifPhoto,
  halfClearPng,
  jpegPhoto,
  phonePhoto,
  pngPhoto,
  privateMarks,
  webpPhoto,
} from '#test/support/images.ts';
import { expectFile, type FileView, fileOf } from './expectations.ts';
import { openStowage, stage, type TestApp, upload } from './support.ts';

let stowage: Awaited<ReturnType<typeof openStowage>>;
let app: TestApp;
beforeAll(async () => {
  stowage = await openStowage();
  app = await stowage.app();
});
afterAll(() => stowage.close());

/** What a browser gets at the signed link, and its type. */
async function download({ signedUrl }: FileView): Promise<{ bytes: Buffer; type: string | null }> {
  const response = await fetch(signedUrl);
  expect(response.status).toBe(200);
  return { bytes: Buffer.from(await response.arrayBuffer()), type: response.headers.get('content-type') };
}

async function store(bytes: Buffer, name = 'photo.jpg', type = 'image/jpeg') {
  const file = fileOf(await upload(stowage, app, { bytes, name, type }));
  return { file, ...(await download(file)) };
}

describe('an uploaded picture', () => {
  it.each([
    ['JPEG', jpegPhoto],
    ['PNG', pngPhoto],
    ['WebP', webpPhoto],
    ['GIF', gifPhoto],
    ['JPEG in four inks', cmykJpeg],
    ['PNG of 16 bits a channel', deepPng],
  ])('in %s is stored as a WebP of its size, and looks the same', async (_, make) => {
    const picture = await make({ width: 300, height: 200 });
    const { file, bytes, type } = await store(picture);
    expectFile(file, { width: 300, height: 200, sizeBytes: bytes.length });
    expect(type).toBe('image/webp');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 300, height: 200 });
    expect(await distance(picture, bytes)).toBeLessThan(12);
  });

  it('is judged by its bytes, whatever name and type it is sent under', async () => {
    const { file } = await store(await pngPhoto(), 'notes.txt', 'text/plain');
    expectFile(file, { originalName: 'notes.txt' });
  });

  it('leaves place, camera and owner of a phone photo behind', async () => {
    const photo = await phonePhoto();
    for (const mark of ['Exif', 'PhoneMaker', 'secret-comment']) expect(holds(photo, mark), mark).toBe(true);
    const { bytes } = await store(photo);
    for (const mark of privateMarks) expect(holds(bytes, mark), mark).toBe(false);
    const { exif, icc, xmp, iptc, orientation } = await sharp(bytes).metadata();
    expect({ exif, icc, xmp, iptc, orientation }).toEqual({});
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('stands upright when its EXIF orientation is %i', async (orientation) => {
    const { file, bytes } = await store(await cornersPicture(orientation));
    expectFile(file, { width: 60, height: 40 });
    expect(near(await cornersOf(bytes))).toBe(true);
  });

  it('keeps what is clear in it', async () => {
    const { bytes } = await store(await halfClearPng(), 'logo.png', 'image/png');
    const { channels, hasAlpha } = await sharp(bytes).metadata();
    expect({ channels, hasAlpha }).toEqual({ channels: 4, hasAlpha: true });
    expect((await sharp(bytes).ensureAlpha().raw().toBuffer())[3]).toBe(0);
  });

  it.each([
    ['GIF', animatedGif],
    ['WebP', animatedWebp],
  ])('in animated %s keeps its frames and their time', async (_, make) => {
    const { file, bytes } = await store(await make({ frames: 4 }), 'a.gif', 'image/gif');
    expectFile(file, { originalName: 'a.gif', width: 48, height: 32 });
    const { pages, pageHeight, delay, loop } = await sharp(bytes, { animated: true }).metadata();
    expect({ pages, pageHeight, delay, loop }).toEqual({ pages: 4, pageHeight: 32, delay: [80, 80, 80, 80], loop: 3 });
  });

  it('is made to fit the longest edge the administrator set, and never enlarged', async () => {
    const small = await stowage.app({ maxImageEdge: 128 });
    const wide = fileOf(await upload(stowage, small, { bytes: await jpegPhoto({ width: 400, height: 100 }) }));
    expectFile(wide, { width: 128, height: 32 });
    const tall = fileOf(await stage(stowage, small, { bytes: await jpegPhoto({ width: 100, height: 400 }) }));
    expect(tall).toMatchObject({ width: 32, height: 128 });
    const tiny = fileOf(await upload(stowage, small, { bytes: await jpegPhoto({ width: 16, height: 8 }) }));
    expectFile(tiny, { width: 16, height: 8 });
  });

  it('loses what was appended to it', async () => {
    const { bytes } = await store(await polyglotJpeg());
    expect(holds(bytes, polyglotTail)).toBe(false);
    expect(holds(bytes, '<script>')).toBe(false);
  });

  it('is counted by what is stored of it, not by what was sent', async () => {
    const counted = await stowage.app();
    const { sizeBytes } = fileOf(await upload(stowage, counted, { bytes: await pngPhoto() }));
    const view = await stowage.ok('GET', `${counted.admin}/file-storage`, { token: stowage.dev.adminToken });
    expect(view).toMatchObject({ usage: { usedBytes: sizeBytes, fileCount: 1 } });
  });
});

const holds = (bytes: Buffer, mark: string) => bytes.includes(Buffer.from(mark, 'latin1'));

/** Whether the four corners have their colours, as far as lossy compression keeps them. */
function near(found: Record<keyof typeof corners, number[]>): boolean {
  return Object.entries(corners).every(([corner, color]) =>
    color.every((value, channel) => Math.abs(value - (found[corner as keyof typeof corners][channel] ?? -99)) < 40),
  );
}

/** Mean difference of two pictures by channel, 0 to 255, at a size where grain does not count. */
async function distance(left: Buffer, right: Buffer): Promise<number> {
  const raw = (picture: Buffer) =>
    sharp(picture).toColourspace('srgb').removeAlpha().resize(30, 20, { fit: 'fill' }).raw().toBuffer();
  const [a, b] = await Promise.all([raw(left), raw(right)]);
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}
