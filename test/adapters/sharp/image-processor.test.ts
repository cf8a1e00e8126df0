import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { polyglotJpeg, polyglotTail } from '#test/support/hostile-images.ts';
import * as images from '#test/support/images.ts';

const processor = createImageProcessor();
const maxEdge = 2560;
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

function expectCorners(found: Record<string, number[]>) {
  for (const [corner, color] of Object.entries(images.corners)) {
    for (const [channel, value] of color.entries()) expect(found[corner]?.[channel]).closeTo(value, 40);
  }
}

describe('an accepted picture', () => {
  const kinds = {
    'a JPEG': images.jpegPhoto,
    'a progressive JPEG': images.progressiveJpeg,
    'a gray JPEG': images.grayJpeg,
    'a CMYK JPEG': images.cmykJpeg,
    'a PNG': images.pngPhoto,
    'a 16-bit PNG': images.deepPng,
    'a palette PNG': images.palettePng,
    'an interlaced PNG': images.interlacedPng,
    'a WebP': images.webpPhoto,
    'a GIF': images.gifPhoto,
  };

  it.each(Object.entries(kinds))('becomes WebP and stays the same picture: %s', async (_name, make) => {
    const original = await make({ width: 320, height: 240 });
    const result = await processor.process(original, { maxEdge });
    expect(result).toMatchObject({ mimeType: 'image/webp', width: 320, height: 240 });
    const metadata = await sharp(result.bytes).metadata();
    expect(metadata).toMatchObject({ format: 'webp', width: 320, height: 240, space: 'srgb' });
    expect(await meanDifference(original, result.bytes)).toBeLessThan(12);
  });

  it('fits inside the longest edge, keeping its proportions', async () => {
    const wide = await processor.process(await images.jpegPhoto({ width: 900, height: 300 }), { maxEdge: 300 });
    expect([wide.width, wide.height]).toEqual([300, 100]);
    const tall = await processor.process(await images.pngPhoto({ width: 100, height: 500 }), { maxEdge: 250 });
    expect([tall.width, tall.height]).toEqual([50, 250]);
  });

  it('is never enlarged, down to a single pixel', async () => {
    const dot = await processor.process(await images.pngPhoto({ width: 1, height: 1 }), { maxEdge });
    expect([dot.width, dot.height]).toEqual([1, 1]);
    expect(await sharp(dot.bytes).metadata()).toMatchObject({ width: 1, height: 1 });
  });

  it('keeps an edge of a pixel when it is very thin', async () => {
    const line = await processor.process(await images.pngPhoto({ width: 20_000, height: 2 }), { maxEdge: 200 });
    expect([line.width, line.height]).toEqual([200, 1]);
  });

  it('is held to what WebP can hold when the longest edge is set higher', async () => {
    const line = await processor.process(await images.pngPhoto({ width: 20_000, height: 40 }), { maxEdge: 50_000 });
    expect(line.width).toBe(16_383);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is turned upright from EXIF orientation %i', async (orientation) => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const result = await processor.process(await images.cornersPicture(orientation, format), { maxEdge });
      expect([result.width, result.height]).toEqual([60, 40]);
      expectCorners(await images.cornersOf(result.bytes));
      expect((await sharp(result.bytes).metadata()).orientation).toBeUndefined();
    }
  });

  it('measures the longest edge after turning', async () => {
    const result = await processor.process(await images.cornersPicture(6), { maxEdge: 30 });
    expect([result.width, result.height]).toEqual([30, 20]);
  });

  it('loses EXIF, GPS, XMP, comments and its colour profile', async () => {
    const photo = await images.phonePhoto();
    const before = await sharp(photo).metadata();
    expect(before).toMatchObject({
      orientation: 6,
      exif: expect.anything(),
      icc: expect.anything(),
      xmp: expect.anything(),
    });
    expect(latin1(photo)).toContain('PhoneMaker');

    const { bytes } = await processor.process(photo, { maxEdge });
    const after = await sharp(bytes).metadata();
    for (const field of ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments'] as const) {
      expect(after[field], field).toBeUndefined();
    }
    for (const mark of images.privateMarks) expect(latin1(bytes), mark).not.toContain(mark);
  });

  it.each([8, 16] as const)('shows a wide-gamut colour of %i bits as the same colour in sRGB', async (bitDepth) => {
    const result = await processor.process(await images.wideGamutPng({ bitDepth }), { maxEdge });
    const [red = 0, green = 0, blue = 0] = (await images.cornersOf(result.bytes)).topLeft;
    expect(red).closeTo(230, 4);
    expect(green).closeTo(60, 4);
    expect(blue).closeTo(60, 4);
  });

  it('loses what was appended behind its end', async () => {
    const { bytes } = await processor.process(await polyglotJpeg(), { maxEdge });
    expect(latin1(bytes)).not.toContain('script');
    expect(latin1(bytes)).not.toContain(polyglotTail);
  });

  it('keeps what was transparent transparent', async () => {
    const { bytes } = await processor.process(await images.halfClearPng(), { maxEdge });
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const row = Math.floor(info.height / 2) * info.width;
    const alphaAt = (x: number) => data[(row + x) * info.channels + 3];
    expect(info.channels).toBe(4);
    expect(alphaAt(8)).toBe(0);
    expect(alphaAt(info.width - 8)).toBe(255);
  });

  it('gets a thumbhash that tells pictures apart', async () => {
    const [photo, clear] = await Promise.all([
      processor.process(await images.jpegPhoto(), { maxEdge }),
      processor.process(await images.halfClearPng(), { maxEdge }),
    ]);
    for (const { thumbhash } of [photo, clear]) {
      const bytes = Buffer.from(thumbhash, 'base64');
      expect(bytes.toString('base64')).toBe(thumbhash);
      expect(bytes.length).toBeGreaterThan(4);
      expect(bytes.length).toBeLessThan(40);
    }
    // https://evanw.github.io/thumbhash/: bit 23 of the header says whether there is transparency.
    expect((Buffer.from(photo.thumbhash, 'base64')[2] ?? 0) & 0x80).toBe(0);
    expect((Buffer.from(clear.thumbhash, 'base64')[2] ?? 0) & 0x80).toBe(0x80);
  });

  it('comes out the same when many are processed at once', async () => {
    const original = await images.jpegPhoto();
    const alone = await processor.process(original, { maxEdge });
    const together = await Promise.all(Array.from({ length: 12 }, () => processor.process(original, { maxEdge })));
    for (const result of together) expect(Buffer.from(result.bytes).equals(alone.bytes)).toBe(true);
  });
});

describe('an animation', () => {
  it.each([
    ['GIF', images.animatedGif],
    ['WebP', images.animatedWebp],
  ])('keeps its frames, times and repetitions: %s', async (_kind, make) => {
    const result = await processor.process(await make({ width: 48, height: 32, frames: 5 }), { maxEdge: 24 });
    expect([result.width, result.height]).toEqual([24, 16]);
    expect(result.thumbhash).not.toBe('');
    expect(await sharp(result.bytes, { animated: true }).metadata()).toMatchObject({
      pages: 5,
      pageHeight: 16,
      delay: [80, 80, 80, 80, 80],
      loop: 3,
    });
  });

  it('may be taller in all than a WebP picture can be', async () => {
    const result = await processor.process(await images.animatedGif({ width: 20, height: 300, frames: 100 }), {
      maxEdge,
    });
    expect(result.height).toBe(300);
    expect((await sharp(result.bytes, { animated: true }).metadata()).pages).toBe(100);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('is turned upright frame by frame from EXIF orientation %i', async (orientation) => {
    const result = await processor.process(await images.cornersPicture(orientation, 'animated'), { maxEdge });
    expect([result.width, result.height]).toEqual([60, 40]);
    expectCorners(await images.cornersOf(result.bytes));
    const metadata = await sharp(result.bytes, { animated: true }).metadata();
    expect(metadata).toMatchObject({ pages: 2, delay: [80, 80] });
    expect(metadata.exif).toBeUndefined();
  });
});

/** Mean difference a channel of two pictures, in steps of 255. */
async function meanDifference(one: Uint8Array, other: Uint8Array): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map((image) => sharp(image).removeAlpha().toColourspace('srgb').raw().toBuffer()),
  );
  if (a === undefined || b === undefined || a.length !== b.length) throw new Error('pictures differ in size');
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}
