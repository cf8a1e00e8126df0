import type { Limit } from './deadline.ts';
import type { Sharp } from './library.ts';
import type { Pixels } from './pixels.ts';

interface Size {
  width: number;
  height: number;
}

/** From so many pixels an axis for each of the smaller picture on, looking at all of them costs more than it shows. */
const sampledFrom = 4;

/** The same picture with fewer pixels, in memory of its own. The caller's pixels are left as they are. */
export async function shrink(sharp: Sharp, pixels: Pixels, size: Size, limit: Limit): Promise<Pixels> {
  const { data, width, height, channels } = pixels;
  if (channels === 3 && width >= sampledFrom * size.width && height >= sampledFrom * size.height) {
    return { data: sampled(pixels, size), ...size, channels };
  }
  const whole = limit(sharp(data, { raw: { width, height, channels }, limitInputPixels: false }));
  const small = await whole
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: small.data, ...size, channels: small.info.channels };
}

/**
 * Each pixel the mean of nine of those it stands for; libvips takes more than three times as long to read them all. The nine lie like
 * rooks that do not threaten each other, so that lines and chequers as fine as they can be come out as their mean, a sixth
 * off at worst, and not as one of their two colours. Of photographs it differs from Lanczos as the mean of all pixels does.
 * Written out, since a loop over the nine takes twice the time.
 */
function sampled({ data, width, height }: Pixels, to: Size): Uint8Array {
  const [x0, x1, x2] = places(width, to.width, [1, 2, 0], 3);
  const [y0, y1, y2] = places(height, to.height, [2, 1, 0], 3 * width);
  // Of its own and no part of a pool, so that it can be given back.
  const small = Buffer.allocUnsafeSlow(to.width * to.height * 3);
  let at = 0;
  for (let y = 0; y < 3 * to.height; y += 3) {
    const lineA = place(y0, y);
    const lineB = place(y1, y);
    const lineC = place(y2, y);
    const lineD = place(y0, y + 1);
    const lineE = place(y1, y + 1);
    const lineF = place(y2, y + 1);
    const lineG = place(y0, y + 2);
    const lineH = place(y1, y + 2);
    const lineI = place(y2, y + 2);
    for (let x = 0; x < 3 * to.width; x += 3) {
      const a = lineA + place(x0, x);
      const b = lineB + place(x0, x + 1);
      const c = lineC + place(x0, x + 2);
      const d = lineD + place(x1, x);
      const e = lineE + place(x1, x + 1);
      const f = lineF + place(x1, x + 2);
      const g = lineG + place(x2, x);
      const h = lineH + place(x2, x + 1);
      const i = lineI + place(x2, x + 2);
      for (let channel = 0; channel < 3; channel += 1) {
        const upper = byte(data, a + channel) + byte(data, b + channel) + byte(data, c + channel);
        const middle = byte(data, d + channel) + byte(data, e + channel) + byte(data, f + channel);
        const lower = byte(data, g + channel) + byte(data, h + channel) + byte(data, i + channel);
        // Storing cuts off what is behind the point: four ninths more round it.
        small[at + channel] = (upper + middle + lower + 4) / 9;
      }
      at += 3;
    }
  }
  return small;
}

type Places = Int32Array<ArrayBuffer>;

/**
 * Places of an axis, in bytes: one in each of three equal lengths of every part, in the middle of that length's third, for
 * each of the thirds.
 */
function places(length: number, parts: number, thirds: [number, number, number], bytes: number) {
  const step = length / (3 * parts);
  const of = (third: number): Places => {
    const offsets = new Int32Array(3 * parts);
    for (let index = 0; index < offsets.length; index += 1) {
      offsets[index] = Math.floor((index + (third + 0.5) / 3) * step) * bytes;
    }
    return offsets;
  };
  return thirds.map(of) as [Places, Places, Places];
}

const place = (places: Places, index: number) => places[index] as number;

const byte = (data: Uint8Array, index: number) => data[index] as number;
