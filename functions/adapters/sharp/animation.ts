import type { Sharp as Pipeline } from 'sharp';
import type { Header } from './header.ts';
import type { Sharp } from './library.ts';

/** Quarter turns clockwise, after an optional mirroring, that undo each EXIF orientation. */
const corrections: Readonly<Record<number, { mirror: boolean; degrees: number }>> = {
  2: { mirror: true, degrees: 0 },
  3: { mirror: false, degrees: 180 },
  4: { mirror: true, degrees: 180 },
  5: { mirror: true, degrees: 270 },
  6: { mirror: false, degrees: 90 },
  7: { mirror: true, degrees: 90 },
  8: { mirror: false, degrees: 270 },
};

/**
 * Turns an animation upright frame by frame. libvips holds one as a single tall strip, so turning it whole is refused
 * for quarter turns and, for a half turn, would play it backwards. Only an animated WebP can carry an orientation.
 * Memory: the strip as raw pixels, twice.
 */
export async function orientFrames(
  sharp: Sharp,
  animation: Pipeline,
  { orientation, frames, delay, loop }: Header,
): Promise<Pipeline> {
  const { mirror, degrees } = corrections[orientation] ?? { mirror: false, degrees: 0 };
  const { data, info } = await animation.raw().toBuffer({ resolveWithObject: true });
  const { width, channels } = info;
  const height = info.height / frames;
  const frameBytes = width * height * channels;
  const upright: Buffer[] = [];
  for (let start = 0; start < data.length; start += frameBytes) {
    const frame = sharp(data.subarray(start, start + frameBytes), { raw: { width, height, channels } });
    // sharp mirrors after it turns; mirroring first takes a pass of its own.
    const mirrored = mirror ? sharp(await frame.flop().raw().toBuffer(), { raw: { width, height, channels } }) : frame;
    upright.push(await mirrored.rotate(degrees).raw().toBuffer());
  }
  const [pageWidth, pageHeight] = degrees % 180 === 0 ? [width, height] : [height, width];
  const strip = { width: pageWidth, height: pageHeight * frames, channels, pageHeight };
  return sharp(Buffer.concat(upright), { raw: strip, limitInputPixels: false }).webp({ delay, loop });
}
