import { jpegPhoto, progressiveJpeg } from './images.ts';

/** JPEGs as phones, web cameras and broken transfers leave them: every decoder shows the harmless ones as they were. */

const end = Buffer.from([0xff, 0xd9]);

/** Where a marker begins, from `from` on. */
function find(file: Buffer, code: number, from = 2): number {
  const at = file.indexOf(Buffer.from([0xff, code]), from);
  if (at < 0) throw new Error(`no marker 0x${code.toString(16)}`);
  return at;
}

const inserted = (file: Buffer, at: number, bytes: Buffer) =>
  Buffer.concat([file.subarray(0, at), bytes, file.subarray(at)]);

function changed(file: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(file);
  copy.set(values, at);
  return copy;
}

/** The two codings a JPEG usually has, each with its end marker cut off. */
export const jpegs = { baseline: jpegPhoto, progressive: progressiveJpeg };
export const endless = (file: Buffer): Buffer => file.subarray(0, -2);
export const withEnd = (file: Buffer): Buffer => Buffer.concat([file, end]);

/** A segment of its own behind the file's first two bytes. */
const segment = (file: Buffer, code: number, content: Buffer) =>
  inserted(file, 2, Buffer.concat([Buffer.from([0xff, code, 0, content.length + 2]), content]));

export const harmless: Record<string, (file: Buffer) => Buffer> = {
  'stray bytes between its segments': (file) => inserted(file, find(file, 0xc4), Buffer.alloc(12, 0x20)),
  'padding before its end': (file) => inserted(file, file.length - 2, Buffer.alloc(5000)),
  'padding before its end and another picture behind it': (file) =>
    Buffer.concat([inserted(file, file.length - 2, Buffer.alloc(600)), file]),
  'a few stray bytes before its end': (file) => inserted(file, file.length - 2, Buffer.from('Samsung SEFH 0001')),
  'no end marker': endless,
  'half an end marker': (file) => file.subarray(0, -1),
  'zeros behind its end': (file) => Buffer.concat([file, Buffer.alloc(4096)]),
  'a trailer behind its end': (file) => Buffer.concat([file, Buffer.from(`SEFHe\0\0\0${'x'.repeat(500)}SEFT`)]),
  'a JFIF version nobody knows': (file) =>
    segment(file, 0xe0, Buffer.from('JFIF\0\x09\x02\0\0\x01\0\x01\0\0', 'latin1')),
  'an Adobe transform nobody knows': (file) => segment(file, 0xee, Buffer.from('Adobe\0\x64\0\0\0\0\x07', 'latin1')),
  'several of these at once': (file) => {
    const scan = inserted(endless(file), find(file, 0xda), Buffer.alloc(7));
    return inserted(scan, find(scan, 0xc4), Buffer.from('ABC'));
  },
};

/** Samsung's baseline files: the scan's parameters, which only progressive ones use, are all zero. */
export async function zeroScanParameters(): Promise<Buffer> {
  const file = await jpegPhoto();
  const scan = find(file, 0xda);
  const length = file.readUInt16BE(scan + 2);
  return changed(file, scan + 2 + length - 3, 0, 0, 0);
}

/** A progressive JPEG that ends right before one of its later scans. */
export async function missingScans(): Promise<Buffer> {
  const file = await progressiveJpeg();
  const third = find(file, 0xda, find(file, 0xda, find(file, 0xda) + 2) + 2);
  return file.subarray(0, file.lastIndexOf(Buffer.from([0xff, 0xc4]), third));
}

/** Ten megabytes of nothing but markers that stand alone, between the first two bytes of a JPEG and the rest. */
export async function onlyMarkers(): Promise<Buffer> {
  return inserted(await jpegPhoto(), 2, Buffer.alloc(10_000_000, Buffer.from([0x20, 0xff, 0x01])));
}
