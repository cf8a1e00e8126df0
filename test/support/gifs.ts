/** GIFs made block by block, so that their clearing and transparency are what a test says, not what an encoder likes. */

export interface Frame {
  left?: number;
  top?: number;
  width: number;
  height: number;
  /** Colour index of each pixel, or of all. */
  pixels: number | readonly number[];
  /** What happens after the frame, 2 to clear its place; without it the frame has no control block at all. */
  disposal?: number;
  transparent?: number;
}

/** RGB by index; a gray ramp of 256 unless told. */
export type Colors = readonly (readonly [number, number, number])[];
export const grays: Colors = Array.from({ length: 256 }, (_, value) => [value, value, value] as const);
/** Black, which is the background, red, blue and green. */
export const fourColors: Colors = [
  [0, 0, 0],
  [255, 0, 0],
  [0, 0, 255],
  [0, 255, 0],
];

export function gifOf(size: { width: number; height: number; colors?: Colors }, frames: readonly Frame[]): Buffer {
  const { width, height, colors = fourColors } = size;
  const bits = Math.log2(colors.length);
  return Buffer.from([
    ...Buffer.from('GIF89a'),
    ...short(width),
    ...short(height),
    0x80 | (bits - 1),
    0,
    0,
    ...colors.flat(),
    ...frames.flatMap((frame) => [...control(frame), ...descriptor(frame), ...pixels(frame, Math.max(2, bits))]),
    0x3b,
  ]);
}

const short = (value: number) => [value & 255, value >> 8];

function control({ disposal, transparent }: Frame): number[] {
  if (disposal === undefined && transparent === undefined) return [];
  const packed = ((disposal ?? 0) << 2) | (transparent === undefined ? 0 : 1);
  return [0x21, 0xf9, 4, packed, ...short(20), transparent ?? 0, 0];
}

const descriptor = ({ left = 0, top = 0, width, height }: Frame) => [
  0x2c,
  ...[left, top, width, height].flatMap(short),
  0,
];

/** Codes of one width throughout: the table is cleared before it grows. */
function pixels({ width, height, pixels: given }: Frame, codeSize: number): number[] {
  const indices = typeof given === 'number' ? Array<number>(width * height).fill(given) : given;
  const clear = 2 ** codeSize;
  const codes = indices.flatMap((index, at) => (at % (clear - 3) === 0 ? [clear, index] : [index]));
  const bytes: number[] = [];
  let [held, count] = [0, 0];
  for (const code of [...codes, clear + 1]) {
    held |= code << count;
    for (count += codeSize + 1; count >= 8; count -= 8, held >>= 8) bytes.push(held & 255);
  }
  bytes.push(held & 255);
  const blocks: number[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  return [codeSize, ...blocks, 0];
}
