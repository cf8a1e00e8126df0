import { crc32, deflateSync } from 'node:zlib';
import { jpegPhoto, type Size } from './images.ts';

/** Files that pretend, break off or explode, made without ever holding the pixels they claim. */

const pngMark = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/**
 * A one-colour PNG of any size in a few kilobytes: 20000 x 20000 (1.2 GB decoded) is about 150 kB at one bit a pixel.
 * `interlaced` makes a decoder hold all of it at once; `bitDepth` and `channels` set what a pixel weighs.
 */
export async function flatPng({
  width = 20_000,
  height = 20_000,
  interlaced = false,
  bitDepth = 1,
  channels = 1,
}: Size & { interlaced?: boolean; bitDepth?: 1 | 8 | 16; channels?: 1 | 3 | 4 } = {}): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const colorType = { 1: 0, 3: 2, 4: 6 }[channels];
  header.set([bitDepth, colorType, 0, 0, interlaced ? 1 : 0], 8);
  const rowBytes = (columns: number) => 1 + Math.ceil((columns * channels * bitDepth) / 8);
  const passes = interlaced ? adam7(width, height) : [{ columns: width, rows: height }];
  const bytes = passes.reduce((sum, { columns, rows }) => sum + (columns > 0 ? rowBytes(columns) * rows : 0), 0);
  return pngOf([
    ['IHDR', header],
    ['IDAT', deflateZeros(bytes)],
    ['IEND', Buffer.alloc(0)],
  ]);
}

/** A PNG file of these chunks, checksums added. */
export function pngOf(chunks: readonly (readonly [type: string, data: Buffer])[]): Buffer {
  const parts = chunks.map(([type, data]) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return Buffer.concat([pngMark, ...parts]);
}

/** A GIF that claims `frames` frames of one pixel each: small, and endless to encode. */
export async function manyFramesGif(frames = 5000): Promise<Buffer> {
  const head = Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const frame = Buffer.from('\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
  return Buffer.concat([head, ...Array<Buffer>(frames).fill(frame), Buffer.from(';')]);
}

/** A GIF of 200 frames that each claim 2000 x 2000 pixels: 800 megapixels, none alone too large. */
export async function heavyFramesGif({ width = 2000, height = 2000, frames = 200 } = {}): Promise<Buffer> {
  const gif = await manyFramesGif(frames);
  gif.writeUInt16LE(width, 6);
  gif.writeUInt16LE(height, 8);
  return gif;
}

/** The first half of a JPEG, as a dropped connection leaves it. */
export async function truncatedJpeg(size: Size = {}): Promise<Buffer> {
  const whole = await jpegPhoto(size);
  return whole.subarray(0, Math.floor(whole.length / 2));
}

/** Replaces a run of bytes in the middle, as a failing disk does; the length stays. */
export function damaged(image: Buffer, { at = 0.5, bytes = 64 } = {}): Buffer {
  const copy = Buffer.from(image);
  const start = Math.floor(copy.length * at);
  for (let i = start; i < Math.min(start + bytes, copy.length - 2); i += 1) copy[i] = (i * 37) & 0x7f;
  return copy;
}

/** What a polyglot's tail says; it must not survive. */
export const polyglotTail = '<script>alert("tail")</script>PK\x03\x04';

/** A good JPEG with a script and a ZIP header behind its end. */
export async function polyglotJpeg(): Promise<Buffer> {
  return Buffer.concat([await jpegPhoto(), Buffer.from(polyglotTail, 'latin1')]);
}

/** An SVG that runs a script where it is opened. */
export async function svg(): Promise<Buffer> {
  return Buffer.from(
    '<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
  );
}

/** A web page, to be sent under the name of a JPEG. */
export async function html(): Promise<Buffer> {
  return Buffer.from('\n<!DOCTYPE html><html><body><script>alert(1)</script></body></html>');
}

/** Adam7's seven passes. https://www.w3.org/TR/png-3/#8Interlace */
function adam7(width: number, height: number): { columns: number; rows: number }[] {
  const passes = [
    [0, 8, 0, 8],
    [4, 8, 0, 8],
    [0, 4, 4, 8],
    [2, 4, 0, 4],
    [0, 2, 2, 4],
    [1, 2, 0, 2],
    [0, 1, 1, 2],
  ] as const;
  return passes.map(([x, stepX, y, stepY]) => ({
    columns: Math.ceil((width - x) / stepX),
    rows: Math.ceil((height - y) / stepY),
  }));
}

/** A zlib stream of zero bytes. Memory is the whole run, so sizes stay below what tests may hold. */
function deflateZeros(bytes: number): Buffer {
  return deflateSync(Buffer.alloc(bytes), { level: 6 });
}

/** The header every HEIC begins with; its pictures need a decoder nobody here has. */
export async function heic(): Promise<Buffer> {
  return Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08mdat', 'latin1');
}
