import type { ImageVariant } from '#core/extensions/ports.ts';
import type { Presets } from '#core/files/variants.ts';
import type { Limit } from './deadline.ts';
import type { Sharp } from './library.ts';
import { giveBack, type Pixels } from './pixels.ts';
import { shrink } from './shrink.ts';
import { webp } from './webp.ts';

/** The presets whose copy is smaller than a picture, largest first; all of them where `every` is set. */
export function dueOf(
  presets: Presets,
  { width, height, every = false }: { width: number; height: number; every?: boolean },
): [name: string, edge: number][] {
  const due = Object.entries(presets).filter(([, edge]) => every || edge < Math.max(width, height));
  return due.sort(([, a], [, b]) => b - a);
}

/**
 * The copies of a picture whose pixels are at hand, each made of the next larger one, in the order given (see
 * {@link dueOf}); never enlarged. The pixels stay the caller's.
 */
export async function variantsOf(
  sharp: Sharp,
  picture: Pixels,
  due: [name: string, edge: number][],
  limit: Limit,
): Promise<ImageVariant[]> {
  const variants: ImageVariant[] = [];
  let from = picture;
  try {
    for (const [name, edge] of due) {
      const size = within(picture, edge);
      if (size.width < from.width || size.height < from.height) {
        const smaller = await shrink(sharp, from, size, limit);
        if (from !== picture) giveBack(from);
        from = smaller;
      }
      const { data, channels } = from;
      const bytes = await limit(sharp(data, { raw: { ...size, channels }, limitInputPixels: false }))
        .webp(webp)
        .toBuffer();
      variants.push({ name, ...size, bytes });
    }
  } finally {
    if (from !== picture) giveBack(from);
  }
  return variants;
}

/** Of the whole picture's proportions, so that a chain of copies rounds once. */
function within({ width, height }: Pixels, edge: number): { width: number; height: number } {
  const scale = Math.min(1, edge / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The copies of a picture that is there as WebP only: of an animation its first frame, as a still. `picture` is what the
 * WebP shows. Throws what the decoder throws.
 */
export async function variantsOfWebp(
  sharp: Sharp,
  bytes: Uint8Array,
  due: [name: string, edge: number][],
  limit: Limit,
): Promise<ImageVariant[]> {
  if (due.length === 0) return [];
  const { data, info } = await limit(sharp(bytes, { limitInputPixels: false }))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = { data, width: info.width, height: info.height, channels: info.channels };
  try {
    return await variantsOf(sharp, picture, due, limit);
  } finally {
    giveBack(picture);
  }
}
