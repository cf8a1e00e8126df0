import type { Sharp as Pipeline } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { Pixels } from './pixels.ts';

/**
 * Edge in pixels of the picture the hash is made of. The hash keeps 7 waves an axis at most, for which 16 are enough; more
 * take time, most of all in an instance's first pictures, while nothing of this is compiled yet.
 */
const edge = 16;

/** Points an axis of each of the hash's pixels that are looked at. All of them would tell no more; see the test. */
const samples = 6;

/**
 * Base64 thumbhash of pixels that are at hand, from some seven thousand of them, spread evenly: the hash of a picture is
 * of its largest forms, so that reading all of them takes time and tells no more.
 */
export function thumbhashOfPixels({ data, width, height, channels }: Pixels): string {
  const scale = Math.min(1, edge / Math.max(width, height));
  const [columns, rows] = [width, height].map((length) => Math.max(1, Math.round(length * scale))) as [number, number];
  const small = new Uint8Array(columns * rows * 4);
  const hasAlpha = channels === 2 || channels === 4;
  const [green, blue] = channels > 2 ? [1, 2] : [0, 0];
  const xs = pointsOf(width, columns).map((x) => x * channels);
  const ys = pointsOf(height, rows).map((y) => y * width * channels);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const sums = [0, 0, 0, 0] as [number, number, number, number];
      for (let i = row * samples; i < (row + 1) * samples; i += 1) {
        for (let j = column * samples; j < (column + 1) * samples; j += 1) {
          const at = (ys[i] ?? 0) + (xs[j] ?? 0);
          const alpha = hasAlpha ? (data[at + channels - 1] ?? 0) : 255;
          // What shows through is no part of the colour.
          sums[0] += (data[at] ?? 0) * alpha;
          sums[1] += (data[at + green] ?? 0) * alpha;
          sums[2] += (data[at + blue] ?? 0) * alpha;
          sums[3] += alpha;
        }
      }
      const to = (row * columns + column) * 4;
      for (let channel = 0; channel < 3; channel += 1) {
        small[to + channel] = sums[3] === 0 ? 0 : Math.round((sums[channel] ?? 0) / sums[3]);
      }
      small[to + 3] = Math.round(sums[3] / (samples * samples));
    }
  }
  return encoded(columns, rows, small);
}

/** Where an axis is looked at: the middles of `parts * samples` equal lengths. */
const pointsOf = (length: number, parts: number): number[] =>
  Array.from({ length: parts * samples }, (_, index) => Math.floor(((index + 0.5) * length) / (parts * samples)));

const encoded = (width: number, height: number, rgba: Uint8Array): string =>
  Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64');

/** Base64 thumbhash (about 25 bytes) of a picture, of its first frame when animated. https://evanw.github.io/thumbhash/ */
export async function thumbhashOf(picture: Pipeline): Promise<string> {
  const { data, info } = await picture
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return encoded(info.width, info.height, data);
}
