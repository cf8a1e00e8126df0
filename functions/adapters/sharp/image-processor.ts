import type { Sharp as Pipeline } from 'sharp';
import { imageTypes, unknownImage } from '#core/extensions/image-types.ts';
import type { ImageProcessor, ProcessedImage } from '#core/extensions/ports.ts';
import { sniff } from '#core/files/sniff.ts';
import { orientFrames } from './animation.ts';
import { readGif } from './gif.ts';
import { clearedToTransparent } from './gif-clearing.ts';
import { type Header, maxFrames, readHeader } from './header.ts';
import { mendedJpeg } from './jpeg.ts';
import { loadSharp, type Sharp } from './library.ts';
import { type PixelLimits, pixelLimits } from './limits.ts';
import { withColorProfile } from './png-color.ts';
import { invalidImage, refusalOf } from './refusals.ts';
import { thumbhashOf, thumbhashOfPixels } from './thumbhash.ts';

export interface ImageProcessorOptions {
  /** `pixelLimits` unless told. */
  limits?: Partial<PixelLimits>;
  /** Seconds of processing after which a picture is refused, 20 unless told: a gateway waits 30. */
  timeoutSeconds?: number;
}

/** The longest edge WebP can have. https://developers.google.com/speed/webp/faq */
const maxWebpEdge = 16_383;

/** Measured on photographs: effort 2 costs less than half the time of the default 4 for a few per cent more bytes. */
const webp = { quality: 80, effort: 2 } as const;

/**
 * The image processor on libvips. Judges a file by its bytes, reads the header before any pixel, and re-encodes, so
 * that nothing of the original file but its picture is kept: no EXIF, GPS, XMP, comments, colour profile (pixels are
 * converted to sRGB) or appended data. Animated GIF and WebP stay animated; an animated PNG becomes its first frame.
 *
 * Refusals carry our words; what the library said is their `cause`. Damage of any kind is refused rather than
 * repaired, a picture that would come out half grey included; what every decoder passes over is no damage.
 * Loads sharp when called, not when imported: about 35 ms, best spent while a function starts. Calls may overlap;
 * memory adds up, so a function should take one at a time.
 */
export function createImageProcessor(options: ImageProcessorOptions = {}): ImageProcessor {
  const { timeoutSeconds = 20 } = options;
  const limits = { ...pixelLimits, ...options.limits };
  const sharp = loadSharp();

  return {
    async process(bytes, { maxEdge }) {
      const { mimeType } = sniff(bytes);
      if (!Object.hasOwn(imageTypes, mimeType)) throw unknownImage(mimeType, { detected: mimeType });
      try {
        const edge = Math.min(maxEdge, maxWebpEdge);
        const limit = deadline(timeoutSeconds);
        return await mending(asBrowsersRead(bytes, mimeType), mimeType, async (file) => {
          const header = await readHeader(sharp, file, { mimeType, limits });
          const picture = limit(fitted(sharp, file, { header, edge }));
          const whole = header.frames > 1 || header.deep === 'gray';
          return whole ? await encoded(sharp, picture, header, limit) : await still(sharp, picture, limit);
        });
      } catch (error) {
        throw refusalOf(error, bytes, mimeType);
      }
    },
  };
}

/** The file with what the decoder passes over or takes otherwise than browsers written so that it takes it as they do. */
function asBrowsersRead(bytes: Uint8Array, mimeType: string): Uint8Array {
  if (mimeType === 'image/png') return withColorProfile(bytes);
  return mimeType === 'image/gif' ? clearedToTransparent(bytes, readGif(bytes, maxFrames).frames) : bytes;
}

/** Runs `decode`, and again when it fails over what a JPEG may be freed of: the first complaint, then the next. */
async function mending<T>(bytes: Uint8Array, mimeType: string, decode: (file: Uint8Array) => Promise<T>): Promise<T> {
  let file = bytes;
  for (let mendings = 0; ; mendings += 1) {
    try {
      return await decode(file);
    } catch (error) {
      const complaint = error instanceof Error ? error.message : '';
      const mended = mimeType === 'image/jpeg' && mendings < 2 ? mendedJpeg(file, complaint) : undefined;
      if (mended === undefined) throw error;
      file = mended;
    }
  }
}

/**
 * Decode, upright and in sRGB, inside a square of `edge`; JPEG and WebP are shrunk while they are decoded. The header
 * has been held to the limits.
 */
function fitted(sharp: Sharp, bytes: Uint8Array, { header, edge }: { header: Header; edge: number }): Pipeline {
  const animated = header.frames > 1;
  const picture = sharp(bytes, { animated, autoOrient: !animated, limitInputPixels: false }).resize({
    width: edge,
    height: edge,
    fit: 'inside',
    withoutEnlargement: true,
  });
  if (header.deep === undefined) return picture;
  // sharp brings deep colour to Display P3 only, which would be shown as sRGB: too pale. Deep gray it takes for sRGB's
  // unless it stays gray until its profile is applied.
  const profiled = picture.withIccProfile('srgb', { attach: false });
  return header.deep === 'gray' ? profiled.toColourspace('grey16') : profiled;
}

/**
 * The pixels are kept between decoding and encoding, so that the hash need not decode the result again, and given back at
 * once: V8 does not see them, and would collect its whole heap for each picture to get rid of those of the one before.
 */
async function still(sharp: Sharp, picture: Pipeline, limit: Limit): Promise<ProcessedImage> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  try {
    const thumbhash = thumbhashOfPixels({ data, width, height, channels });
    const pixels = limit(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }));
    const bytes = await pixels.webp(webp).toBuffer();
    return { bytes, mimeType: 'image/webp', width, height, thumbhash };
  } finally {
    // Buffers of sharp are never shared with others, nor parts of a pool.
    if (data.buffer.byteLength === data.byteLength) data.buffer.transfer(0);
  }
}

/**
 * Straight from decoder to encoder: the frames of an animation, which raw would weigh up to 200 MB together, and what
 * sharp gives as eight bits only when it encodes. The hash is made of the result.
 */
async function encoded(sharp: Sharp, picture: Pipeline, header: Header, limit: Limit): Promise<ProcessedImage> {
  const upright = header.orientation > 1 ? limit(await orientFrames(sharp, picture, header)) : picture;
  const { data: bytes, info } = await upright.webp(webp).toBuffer({ resolveWithObject: true });
  const { width, height, pageHeight = height } = info;
  return {
    bytes,
    mimeType: 'image/webp',
    width,
    height: pageHeight,
    thumbhash: await thumbhashOf(limit(sharp(bytes))),
  };
}

type Limit = (pipeline: Pipeline) => Pipeline;

/** One allowance for all the steps of a picture: each gets what the steps before it have left, in whole seconds. */
function deadline(seconds: number): Limit {
  const end = performance.now() + seconds * 1000;
  return (pipeline) => {
    const left = Math.ceil((end - performance.now()) / 1000);
    // Zero would mean no limit at all.
    if (left <= 0) throw invalidImage('timeout');
    return pipeline.timeout({ seconds: left });
  };
}
