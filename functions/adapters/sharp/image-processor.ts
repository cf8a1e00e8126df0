import { AppError } from '#core/errors.ts';
import { imageTypes } from '#core/image-types.ts';
import type { ImageProcessor } from '#core/ports.ts';
import { sniff } from '#core/sniff.ts';
import { orientFrames } from './animation.ts';
import { loadSharp, type Sharp } from './library.ts';
import { invalidImage, refusalOf } from './refusals.ts';
import { thumbhashOf } from './thumbhash.ts';

export interface ImageProcessorOptions {
  /** Take AVIF too. Off by default: its decoder has the worst record and the highest memory use of all. */
  avif?: boolean;
  /** Pixels of all frames together, 50,000,000 unless told: what decodes within a 1769 MB function. */
  maxPixels?: number;
  /** Seconds of processing after which a picture is refused, 20 unless told: a gateway waits 30. */
  timeoutSeconds?: number;
}

/** Frames of an animation. Ten minutes of a slide show pass; a file of a million one-pixel frames does not. */
const maxFrames = 1000;

/** The longest edge WebP can have. https://developers.google.com/speed/webp/faq */
const maxWebpEdge = 16_383;

/** Measured on photographs: effort 2 costs less than half the time of the default 4 for a few per cent more bytes. */
const webp = { quality: 80, effort: 2 } as const;

/**
 * The image processor on libvips. Decides what a file is by its bytes, reads the header before any pixel, and
 * re-encodes, so that nothing of the original file but its picture is kept: no EXIF, GPS, XMP, comments, colour profile
 * (pixels are converted to sRGB) or appended data. Refusals carry our words; what the library said is their `cause`.
 *
 * Damage of any kind is refused rather than repaired, a picture that would come out half grey included.
 * Loads sharp when called, not when imported: about 35 ms, best spent while a function starts.
 */
export function createImageProcessor(options: ImageProcessorOptions = {}): ImageProcessor {
  const { avif = false, maxPixels = 50_000_000, timeoutSeconds = 20 } = options;
  const sharp = loadSharp({ avif });
  const accepted = new Set([...imageTypes, ...(avif ? ['image/avif'] : [])]);

  return {
    async process(bytes, { maxEdge }) {
      const { mimeType } = sniff(bytes);
      if (!accepted.has(mimeType)) {
        throw new AppError('invalid_file_type', `Only ${namesOf(accepted)} images are accepted.`, {
          details: { detected: mimeType },
        });
      }
      try {
        const header = await readHeader(sharp, bytes, mimeType, maxPixels);
        const edge = Math.min(maxEdge, maxWebpEdge);
        const input = { animated: header.frames > 1, limitInputPixels: maxPixels, autoOrient: header.frames === 1 };
        const fitted = sharp(bytes, input)
          .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
          .timeout({ seconds: timeoutSeconds });
        const upright =
          header.frames > 1 && header.orientation > 1 ? await orientFrames(sharp, fitted, header) : fitted;
        const { data, info } = await upright
          .webp(webp)
          .timeout({ seconds: timeoutSeconds })
          .toBuffer({ resolveWithObject: true });
        return {
          bytes: data,
          mimeType: 'image/webp',
          width: info.width,
          height: info.pageHeight ?? info.height,
          thumbhash: await thumbhashOf(sharp, data),
        };
      } catch (error) {
        throw refusalOf(error, bytes, mimeType);
      }
    },
  };
}

interface Header {
  frames: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** Milliseconds of each frame. */
  delay: number[];
  /** Repetitions, 0 for ever. */
  loop: number;
}

/**
 * Reads sizes without decoding a pixel, and refuses what would not fit in memory. The limit counts every frame, since
 * an animation is decoded whole; sharp's own limit is switched off here so that the refusal can say the numbers.
 */
async function readHeader(sharp: Sharp, bytes: Uint8Array, mimeType: string, maxPixels: number): Promise<Header> {
  const animated = mimeType === 'image/gif' || mimeType === 'image/webp';
  const metadata = await sharp(bytes, { animated, limitInputPixels: false }).metadata();
  const frames = metadata.pageHeight === undefined ? 1 : (metadata.pages ?? 1);
  const pixels = metadata.width * (metadata.pageHeight ?? metadata.height) * frames;
  if (frames > maxFrames) throw invalidImage('too_many_frames', { facts: { frames, maxFrames } });
  if (pixels > maxPixels) throw invalidImage('too_many_pixels', { facts: { pixels, maxPixels } });
  return { frames, orientation: metadata.orientation ?? 1, delay: metadata.delay ?? [], loop: metadata.loop ?? 0 };
}

function namesOf(types: ReadonlySet<string>): string {
  const names: Record<string, string> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP', gif: 'GIF', avif: 'AVIF' };
  const list = [...types].map((type) => names[type.slice('image/'.length)] ?? type);
  return `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`;
}
