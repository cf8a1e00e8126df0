import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createImageProcessor, type ImageProcessorOptions } from '#adapters/sharp/image-processor.ts';
import { isSafeVersion } from '#adapters/sharp/library.ts';
import { AppError } from '#core/files/errors.ts';
import * as hostile from '#test/support/hostile-images.ts';
import * as images from '#test/support/images.ts';

const processor = createImageProcessor();

async function refusal(bytes: Uint8Array, options?: ImageProcessorOptions): Promise<AppError> {
  const chosen = options === undefined ? processor : createImageProcessor(options);
  const error = await chosen.process(bytes, { maxEdge: 2560 }).then(
    () => new Error('the image was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  // What the library says stays inside: a caller reads our words only.
  expect(error.message).not.toMatch(/vips|libpng|buffer|sharp|jpegload|gifload/i);
  expect(JSON.stringify(error.details)).not.toMatch(/vips|libpng|sharp/i);
  return error;
}

describe('a file that is no image of an allowed kind', () => {
  it.each([
    ['an SVG', hostile.svg, 'image/svg+xml'],
    ['a TIFF', images.tiffPhoto, 'image/tiff'],
    ['a HEIC photo', hostile.heic, 'image/heic'],
    ['a web page named .jpg', hostile.html, 'text/html'],
    ['plain text', async () => Buffer.from('just words'), 'text/plain'],
    ['a PDF', async () => Buffer.from('%PDF-1.7\n%\xe2\xe3'), 'application/pdf'],
    ['nothing', async () => Buffer.alloc(0), 'application/octet-stream'],
  ])('is refused with what it is: %s', async (_name, make, detected) => {
    expect(await refusal(await make())).toMatchObject({
      code: 'invalid_file_type',
      details: { detected },
    });
  });

  it('is not decoded even when it says it is an allowed kind', async () => {
    const disguised = Buffer.concat([Buffer.from('GIF89a'), await hostile.svg()]);
    expect(await refusal(disguised)).toMatchObject({ code: 'invalid_image', details: { reason: expect.any(String) } });
  });

  it('is told the way out when it is a photo of a phone that saves HEIC', async () => {
    expect((await refusal(await hostile.heic())).message).toMatch(/HEIC.*Most Compatible.*JPEG/);
  });
});

describe('a damaged image', () => {
  const whole = {
    JPEG: images.jpegPhoto,
    PNG: images.pngPhoto,
    WebP: images.webpPhoto,
    GIF: images.gifPhoto,
    AVIF: images.avifPhoto,
  };

  it.each(Object.entries(whole))('is refused as truncated when it is cut anywhere: %s', async (_kind, make) => {
    const image = await make();
    for (const share of [0.02, 0.3, 0.5, 0.9, 0.99]) {
      const cut = image.subarray(0, Math.floor(image.length * share));
      expect(await refusal(cut), `${share}`).toMatchObject({ code: 'invalid_image', details: { reason: 'truncated' } });
    }
  });

  it.each([
    ['GIF', images.animatedGif],
    ['WebP', images.animatedWebp],
  ])('is refused as truncated when it is an animation that breaks off, wherever it does: %s', async (_kind, make) => {
    const image = await make({ frames: 4 });
    const accepted: number[] = [];
    for (let length = 20; length < image.length - 1; length += 1) {
      await processor.process(image.subarray(0, length), { maxEdge: 100 }).then(
        () => accepted.push(length),
        (error: unknown) => expect(error).toMatchObject({ details: { reason: 'truncated' } }),
      );
    }
    // A GIF that ends between two frames is whole as far as anyone can tell.
    expect(accepted.length).toBeLessThan(4);
  });

  it('is accepted when it is a GIF that lacks its last byte only, as browsers do', async () => {
    const gif = await images.gifPhoto({ width: 40, height: 30 });
    expect((await processor.process(gif.subarray(0, -1), { maxEdge: 100 })).width).toBe(40);
  });

  it.each([
    ['PNG', images.pngPhoto, 0.5],
    ['GIF', images.gifPhoto, 0.5],
    ['progressive JPEG', images.progressiveJpeg, 0.1],
    ['WebP', images.webpPhoto, 0.005],
  ])('is refused as corrupt when bytes inside are wrong: %s', async (_kind, make, at) => {
    expect(await refusal(hostile.damaged(await make(), { at }))).toMatchObject({
      code: 'invalid_image',
      details: { reason: 'corrupt' },
    });
  });

  it('is refused as corrupt when its header promises nothing to show', async () => {
    const noFrames = Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1');
    expect(await refusal(noFrames)).toMatchObject({ details: { reason: 'corrupt' } });
    const noWidth = await hostile.flatPng({ width: 0, height: 10 });
    expect(await refusal(noWidth)).toMatchObject({ details: { reason: 'corrupt' } });
  });

  it('keeps what really happened as the cause, for the log', async () => {
    expect((await refusal(await hostile.truncatedJpeg())).cause).toBeInstanceOf(Error);
  });

  it('leaves the processor able to go on, also when many fail at once', async () => {
    const cut = await hostile.truncatedJpeg();
    const good = await images.jpegPhoto();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => processor.process(i % 2 === 0 ? cut : good, { maxEdge: 200 })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'rejected' : 'fulfilled')),
    );
  });
});

describe('an image that would explode', () => {
  it('is refused by the pixels its header claims, with the limit', async () => {
    expect(await refusal(await hostile.flatPng())).toMatchObject({
      code: 'invalid_image',
      details: { reason: 'too_many_pixels', pixels: 400_000_000, maxPixels: 2 ** 26 },
    });
  });

  it('is refused by the pixels of all its frames together', async () => {
    expect(await refusal(await hostile.heavyFramesGif())).toMatchObject({
      details: { reason: 'too_many_pixels', pixels: 800_000_000, maxPixels: 100_000_000 },
    });
  });

  it('is refused by the number of its frames', async () => {
    expect(await refusal(await hostile.manyFramesGif(1001))).toMatchObject({
      details: { reason: 'too_many_frames', frames: 1001, maxFrames: 1000 },
    });
    const longest = await processor.process(await hostile.manyFramesGif(1000), { maxEdge: 100 });
    expect([longest.width, longest.height]).toEqual([1, 1]);
  });

  it('is refused by a limit of pixels of one’s own, and accepted exactly at it', async () => {
    const image = await images.pngPhoto({ width: 100, height: 100 });
    expect(await refusal(image, { limits: { picture: 9_999 } })).toMatchObject({
      details: { reason: 'too_many_pixels' },
    });
    const result = await createImageProcessor({ limits: { picture: 10_000 } }).process(image, { maxEdge: 100 });
    expect(result.width).toBe(100);
  });

  it('is refused when it takes longer than it may', async () => {
    const slow = await images.animatedGif({ width: 1500, height: 1500, frames: 20 });
    expect(await refusal(slow, { timeoutSeconds: 0.001 })).toMatchObject({ details: { reason: 'timeout' } });
  });

  it('is refused when one frame of an animation is larger than a picture may be', async () => {
    const limits = { picture: 2000, animation: 100_000_000 };
    const frames = await images.animatedWebp({ width: 50, height: 50, frames: 2 });
    expect(await refusal(frames, { limits })).toMatchObject({ details: { pixels: 2500, maxPixels: 2000 } });
  });

  it('is refused when its frames, which turning holds all at once, are larger together than a picture', async () => {
    const limits = { picture: 60 * 40 * 2 - 1 };
    expect(await refusal(await images.cornersPicture(6, 'animated'), { limits })).toMatchObject({
      details: { pixels: 60 * 40 * 2, maxPixels: 60 * 40 * 2 - 1 },
    });
    const upright = await images.cornersPicture(1, 'animated');
    expect((await createImageProcessor({ limits }).process(upright, { maxEdge: 100 })).width).toBe(60);
  });
});

describe('the library underneath', () => {
  it('decodes nothing but the allowed kinds, and nothing from a path', async () => {
    for (const make of [hostile.svg, images.tiffPhoto]) {
      await expect(sharp(await make()).metadata()).rejects.toThrow('unsupported image format');
    }
    const file = join(tmpdir(), `${randomUUID()}.png`);
    try {
      await writeFile(file, await images.pngPhoto({ width: 8, height: 8 }));
      await expect(sharp(file).metadata()).rejects.toThrow();
      expect((await sharp(await readFile(file)).metadata()).width).toBe(8);
    } finally {
      await rm(file, { force: true });
    }
  });

  it('is used from the first version with all known fixes on', () => {
    for (const version of ['0.35.5', '0.35.10', '0.36.0', '1.0.0']) expect(isSafeVersion(version), version).toBe(true);
    for (const version of ['0.35.4', '0.34.9', '0.9.99', '', 'x']) expect(isSafeVersion(version), version).toBe(false);
  });
});
