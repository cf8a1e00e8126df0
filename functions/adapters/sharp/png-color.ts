import { crc32, deflateSync } from 'node:zlib';
import { type Chromaticities, displayProfile } from './icc.ts';

/**
 * A PNG whose gAMA and cHRM chunks say that it is not sRGB, with a colour profile in their place that says the same;
 * any other PNG as it is. The decoder passes those chunks over, and would show linear light far too dark. As browsers
 * have it, cICP, iCCP and sRGB go before them, and cHRM without gAMA means nothing. Pixels are not touched.
 * Source: PNG, third edition, 4.3 and 11.3.2, https://www.w3.org/TR/png-3/#11addnlcolinfo
 */
export function withColorProfile(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = chunksBeforePixels(file);
  const gamma = chunks.get('gAMA');
  if (gamma === undefined || ['cICP', 'iCCP', 'sRGB'].some((type) => chunks.has(type))) return bytes;
  const profile = profileOf(file, gamma.data, chunks.get('cHRM')?.data);
  if (profile === undefined) return bytes;
  const removed = [gamma, chunks.get('cHRM')].filter((chunk) => chunk !== undefined);
  const [first = gamma, second = gamma] = removed.toSorted((one, other) => one.start - other.start);
  return Buffer.concat([
    file.subarray(0, first.start),
    profileChunk(profile),
    file.subarray(first.end, Math.max(first.end, second.start)),
    file.subarray(Math.max(first.end, second.end)),
  ]);
}

interface Chunk {
  start: number;
  end: number;
  data: Buffer;
}

const colorTypes = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM'];

/** Those that tell of colour, which must stand before the palette and the pixels. */
function chunksBeforePixels(file: Buffer): Map<string, Chunk> {
  const chunks = new Map<string, Chunk>();
  for (let start = 8; start + 12 <= file.length; ) {
    const end = start + 12 + file.readUInt32BE(start);
    const type = file.toString('latin1', start + 4, start + 8);
    if (type === 'PLTE' || type === 'IDAT' || end > file.length) break;
    if (colorTypes.includes(type)) chunks.set(type, { start, end, data: file.subarray(start + 8, end - 4) });
    start = end;
  }
  return chunks;
}

/** sRGB's own, in cHRM's order: white, red, green, blue. */
const srgb: Chromaticities = [
  [0.3127, 0.329],
  [0.64, 0.33],
  [0.3, 0.6],
  [0.15, 0.06],
];

function profileOf(file: Buffer, gammaData: Buffer, chromaticityData: Buffer | undefined): Buffer | undefined {
  const encoding = gammaData.length === 4 ? gammaData.readUInt32BE(0) / 100_000 : 0;
  // Nobody means a power of more than ten, or less than a tenth: such a chunk is taken for a mistake.
  if (encoding < 0.1 || encoding > 10) return;
  const gray = ((file[colorTypeAt] ?? 0) & 2) === 0;
  const given = chromaticityData?.length === 32 && !gray ? pairs(chromaticityData) : srgb;
  const chromaticities = isClose(given, srgb) ? srgb : given;
  // libpng's threshold. Whoever writes 1/2.2 has sRGB's curve in mind, which no single power is.
  if (Math.abs(encoding * 2.2 - 1) < 0.05 && chromaticities === srgb) return;
  return displayProfile(1 / encoding, gray ? undefined : chromaticities);
}

const colorTypeAt = 25;

function pairs(data: Buffer): Chromaticities {
  const at = (index: number) => data.readUInt32BE(index * 4) / 100_000;
  return [
    [at(0), at(1)],
    [at(2), at(3)],
    [at(4), at(5)],
    [at(6), at(7)],
  ];
}

const isClose = (one: Chromaticities, other: Chromaticities) =>
  one.flat().every((value, index) => Math.abs(value - (other.flat()[index] ?? 0)) < 0.01);

/** Stored rather than deflated: libpng takes a chunk of less than some eighty bytes for a broken one. */
function profileChunk(profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('iCCPicc\0\0', 'latin1'), deflateSync(profile, { level: 0 })]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}
