import type { Sharp as Pipeline } from 'sharp';
import { imageTypes, unknownImage } from '#core/extensions/image-types.ts';
import type { ImageProcessor, ProcessedImage } from '#core/extensions/ports.ts';
import { sniff } from '#core/files/sniff.ts';
import type { Presets } from '#core/files/variants.ts';
import { orientFrames } from './animation.ts';
import { deadline, type Limit } from './deadline.ts';
import { readGif } from './gif.ts';
import { clearedToTransparent } from './gif-clearing.ts';
import { type Header, maxFrames, readHeader } from './header.ts';
import { mendedJpeg } from './jpeg.ts';
import { loadSharp, type Sharp } from './library.ts';
import { type PixelLimits, pixelLimits } from './limits.ts';
import { giveBack } from './pixels.ts';
import { withColorProfile } from './png-color.ts';
import { refusalOf } from './refusals.ts';
import { thumbhashOf, thumbhashOfPixels } from './thumbhash.ts';
import { dueOf, variantsOf, variantsOfWebp } from './variants.ts';
import { webp } from './webp.ts';

export interface ImageProcessorOptions {
  /** `pixelLimits` unless told. */
  limits?: Partial<PixelLimits>;
  /** Seconds of processing after which a picture is refused, 20 unless told: a gateway waits 30. */
  timeoutSeconds?: number;
}

/** The longest edge WebP can have. https://developers.google.com/speed/webp/faq */
const maxWebpEdge = 16_383;

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
    async process(bytes, { maxEdge, presets = {} }) {
      const { mimeType } = sniff(bytes);
      if (!Object.hasOwn(imageTypes, mimeType)) throw unknownImage(mimeType, { detected: mimeType });
      try {
        const edge = Math.min(maxEdge, maxWebpEdge);
        const limit = deadline(timeoutSeconds);
        return await mending(asBrowsersRead(bytes, mimeType), mimeType, async (file) => {
          const header = await readHeader(sharp, file, { mimeType, limits });
          const picture = limit(fitted(sharp, file, { header, edge }));
          const whole = header.frames > 1 || header.deep === 'gray';
          const job = { presets, limit };
          return whole ? await encoded(sharp, picture, header, job) : await still(sharp, picture, job);
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

interface Job {
  presets: Presets;
  limit: Limit;
}

/**
 * The pixels are kept between decoding and encoding, so that neither the hash nor a preset's copy need decode the result
 * again, and given back at once.
 */
async function still(sharp: Sharp, picture: Pipeline, { presets, limit }: Job): Promise<ProcessedImage> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = { data, width, height, channels };
  try {
    const thumbhash = thumbhashOfPixels(pixels);
    // Before the picture itself: the encoder takes the pixels out of the processor's cache.
    const variants = await variantsOf(sharp, pixels, dueOf(presets, pixels), limit);
    const whole = limit(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }));
    const bytes = await whole.webp(webp).toBuffer();
    return { bytes, mimeType: 'image/webp', width, height, thumbhash, variants };
  } finally {
    giveBack(pixels);
  }
}

/**
 * Straight from decoder to encoder: the frames of an animation, which raw would weigh up to 200 MB together, and what
 * sharp gives as eight bits only when it encodes. Hash and copies are made of the result; a gallery that shows copies
 * wants neither the bytes nor the motion of an animation, so these are stills, whatever its size.
 */
async function encoded(
  sharp: Sharp,
  picture: Pipeline,
  header: Header,
  { presets, limit }: Job,
): Promise<ProcessedImage> {
  const upright = header.orientation > 1 ? limit(await orientFrames(sharp, picture, header)) : picture;
  const { data: bytes, info } = await upright.webp(webp).toBuffer({ resolveWithObject: true });
  const { width, pageHeight: height = info.height } = info;
  const thumbhash = await thumbhashOf(limit(sharp(bytes)));
  const due = dueOf(presets, { width, height, every: header.frames > 1 });
  const variants = await variantsOfWebp(sharp, bytes, due, limit);
  return { bytes, mimeType: 'image/webp', width, height, thumbhash, variants };
}
