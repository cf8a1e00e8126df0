import type { GifFrame } from './gif.ts';

/**
 * A colour index that no pixel of a frame has. When all 256 are in use, the pixels of the one that is written least get
 * the colour most like it, in `file` itself, and its index is free. Reads codes, never pixels: longer strings
 * consist of what was written before, so a colour is used only when its own code stands somewhere.
 * Source: GIF89a specification, appendix F.
 */
export function freeColor(file: Buffer, frame: GifFrame): number {
  const codeSize = file[frame.data] ?? 0;
  // Codes of fewer bits cannot say 255.
  if (codeSize !== 8) return 255;
  const uses = new Uint32Array(256);
  eachColorCode(file, frame.data, (color) => {
    uses[color] = (uses[color] ?? 0) + 1;
  });
  const least = uses.indexOf(uses.reduce((one, other) => Math.min(one, other)));
  if (uses[least] === 0) return least;
  const nearest = nearestColor(file, frame.colors, least);
  eachColorCode(file, frame.data, (color, replace) => {
    if (color === least) replace(nearest);
  });
  return least;
}

const clear = 256;
const end = 257;

/** Calls back for each code of nine bits or more that is a colour's own; `replace` writes another in its place. */
function eachColorCode(file: Buffer, start: number, found: (color: number, replace: (by: number) => void) => void) {
  const bits = new SubBlockBits(file, start + 1);
  let width = 9;
  let next = end + 1;
  let first = true;
  for (let code = bits.read(width); code !== undefined && code !== end; code = bits.read(width)) {
    if (code === clear) {
      [width, next, first] = [9, end + 1, true];
      continue;
    }
    if (code < clear) found(code, (by) => bits.rewrite(by));
    // The first code after a clear adds no string.
    if (!first && next < 4096) next += 1;
    first = false;
    if (next === 2 ** width && width < 12) width += 1;
  }
}

/** The bits of a frame, lowest first, through the sub-blocks that hold them. */
class SubBlockBits {
  private held = 0;
  private count = 0;
  private left = 0;
  /** Where the bytes of the last eight or fewer that were read lie: a code spans three at most. */
  private readonly places = [0, 0, 0];
  private width = 0;
  private readonly file: Buffer;
  private at: number;

  constructor(file: Buffer, start: number) {
    this.file = file;
    this.at = start;
  }

  read(width: number): number | undefined {
    while (this.count < width) {
      if (this.left === 0) {
        this.left = this.file[this.at] ?? 0;
        if (this.left === 0) return;
        this.at += 1;
      }
      if (this.at >= this.file.length) return;
      this.held |= (this.file[this.at] ?? 0) << this.count;
      this.places.shift();
      this.places.push(this.at);
      this.count += 8;
      this.at += 1;
      this.left -= 1;
    }
    const code = this.held & (2 ** width - 1);
    this.held >>>= width;
    this.count -= width;
    this.width = width;
    return code;
  }

  /** Puts another code of the same width where the last one was read. */
  rewrite(code: number): void {
    // Of the last byte's eight bits the highest `count` are not the code's.
    const window = this.places.reduce((bits, place, index) => bits | ((this.file[place] ?? 0) << (index * 8)), 0);
    const shift = 24 - this.count - this.width;
    const mask = (2 ** this.width - 1) << shift;
    const changed = (window & ~mask) | (code << shift);
    for (const [index, place] of this.places.entries()) {
      if (place > 0) this.file[place] = (changed >> (index * 8)) & 0xff;
    }
  }
}

function nearestColor(file: Buffer, table: number | undefined, color: number): number {
  if (table === undefined) return color === 0 ? 1 : 0;
  const channels = (index: number) => file.subarray(table + index * 3, table + index * 3 + 3);
  const wanted = channels(color);
  let [nearest, least] = [0, Number.POSITIVE_INFINITY];
  for (let index = 0; index < 256; index += 1) {
    if (index === color) continue;
    const distance = channels(index).reduce((sum, value, at) => sum + (value - (wanted[at] ?? 0)) ** 2, 0);
    if (distance < least) [nearest, least] = [index, distance];
  }
  return nearest;
}
