/**
 * A JPEG freed of what decoders complain about and show none the less, or undefined when there is nothing of the kind.
 * Decoding stops at the first complaint and goes on with none of them unheard, so damage cannot hide behind a harmless
 * one: whoever calls this decodes what comes back as strictly as before. Of pixel data nothing is judged here.
 *
 * Phones and web cameras write these: parameters of a baseline scan that only progressive ones use (Samsung), stray
 * bytes between segments, a JFIF or Adobe header of an unknown version, no end marker behind a complete scan, padding
 * before the end. `complaint` is what the decoder said; it tells how long the padding is.
 * Sources: ITU-T T.81, annex B; the warnings (`JWRN_`) in libjpeg's jerror.h.
 */
export function mendedJpeg(bytes: Uint8Array, complaint: string): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strays = Number(/(\d+) extraneous bytes before marker 0xd9/.exec(complaint)?.[1] ?? 0);
  const parts: Buffer[] = [file.subarray(0, 2)];
  const picture = new Picture();
  let changed = false;
  let at = 2;
  for (;;) {
    const next = markerFrom(file, at);
    if (next === undefined || parts.length > maxParts) return;
    changed ||= next.strays;
    const code = file[next.at + 1] ?? 0;
    const end = endOfSegment(file, next.at, code);
    if (end > file.length) return;
    const segment = file.subarray(next.at, end);
    const mended = picture.read(code, segment);
    changed ||= mended !== segment;
    parts.push(mended);
    at = end;
    if (code === endOfImage) return changed ? Buffer.concat([...parts, file.subarray(end)]) : undefined;
    if (code !== startOfScan) continue;

    at = endOfScan(file, end);
    const data = file.subarray(end, at);
    const kept = file[at + 1] === endOfImage ? withoutPadding(data, strays) : data;
    changed ||= kept !== data;
    parts.push(kept);
    if (at === file.length) return picture.isComplete() ? Buffer.concat([...parts, endMarker]) : undefined;
  }
}

/** A picture has some hundred at most; a file of nothing but markers would fill the memory. */
const maxParts = 10_000;

/** Stray bytes before the end that may be anything; a longer run is padding only when it is one value repeated. */
const maxStrayBytes = 64;

function withoutPadding(data: Buffer, strays: number): Buffer {
  if (strays === 0 || strays > data.length) return data;
  const run = data.subarray(-strays);
  return strays <= maxStrayBytes || run.every((byte) => byte === run[0]) ? data.subarray(0, -strays) : data;
}

function endOfSegment(file: Buffer, start: number, code: number): number {
  if (isBare(code)) return start + 2;
  return start + 4 <= file.length ? start + 2 + file.readUInt16BE(start + 2) : Number.POSITIVE_INFINITY;
}

/** Where the next marker begins; `strays` when other bytes than fill (0xff) come first. */
function markerFrom(file: Buffer, from: number): { at: number; strays: boolean } | undefined {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const code = file[at + 1];
    if (code === undefined) break;
    if (code !== 0 && code !== 0xff) {
      return { at, strays: file.subarray(from, at).some((byte) => byte !== 0xff) };
    }
  }
  return;
}

/** Where the coded data of a scan end: at a marker that is no restart, or with the file. */
function endOfScan(file: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const marker = markerFrom(file, at);
    if (marker === undefined) return file.length;
    if (!isRestart(file[marker.at + 1] ?? 0)) return marker.at;
    at = marker.at + 2;
  }
}

/** What the segments so far say of a picture: its coding, and for each component which bits of it have come. */
class Picture {
  private frame = 0;
  /** An Adobe header put right before the number of components was known. */
  private adobe?: Buffer;
  /** By component id: the lowest bit sent of each of the 64 coefficients, undefined before any. */
  private readonly sent = new Map<number, (number | undefined)[]>();

  /** Notes a segment; gives it back, or a copy put right. */
  read(code: number, segment: Buffer): Buffer {
    if (isFrame(code)) {
      this.frame = code;
      for (let at = 10; at + 2 < segment.length; at += 3) this.sent.set(segment[at] ?? 0, new Array(64));
      if (this.sent.size === 4) this.adobe?.fill(2, adobeTransform, adobeTransform + 1);
    }
    if (code === 0xe0 && segment.toString('latin1', 4, 8) === 'JFIF') return withByte(segment, 9, [1]);
    if (code === 0xee && segment.toString('latin1', 4, 9) === 'Adobe') {
      // Decoders take an unknown one for YCbCr, or for YCCK when there are four components.
      const mended = withByte(segment, adobeTransform, [1, 0, 2]);
      if (mended !== segment) this.adobe = mended;
      return mended;
    }
    return code === startOfScan ? this.scan(segment) : segment;
  }

  /** Whether the scans so far make a whole picture: a progressive one that stops between two lacks its details. */
  isComplete(): boolean {
    const all = [...this.sent.values()];
    return all.length > 0 && all.every((bits) => Array.from(bits).every((lowest) => lowest === 0));
  }

  private scan(segment: Buffer): Buffer {
    const components = segment[4] ?? 0;
    const parameters = 5 + components * 2;
    const mended = isSequential(this.frame)
      ? [0, 63, 0].reduce((put, value, index) => withByte(put, parameters + index, [value]), segment)
      : segment;
    const [first = 0, last = 0, bits = 0] = mended.subarray(parameters);
    for (let index = 0; index < components; index += 1) {
      this.sent.get(mended[5 + index * 2] ?? 0)?.fill(bits & 15, first, last + 1);
    }
    return mended;
  }
}

/** The segment when the byte at `at` is one of `known`, else a copy with the first of them there. */
function withByte(segment: Buffer, at: number, known: readonly [number, ...number[]]): Buffer {
  const byte = segment[at];
  if (byte === undefined || known.includes(byte)) return segment;
  const copy = Buffer.from(segment);
  copy[at] = known[0];
  return copy;
}

/** Where an Adobe segment tells its colour transform, by Adobe's Technical Note 5116. */
const adobeTransform = 15;
const startOfScan = 0xda;
const endOfImage = 0xd9;
const endMarker = Buffer.from([0xff, endOfImage]);
const isRestart = (code: number) => code >= 0xd0 && code <= 0xd7;
const isBare = (code: number) => (code >= 0xd0 && code <= endOfImage) || code === 0x01;
const isSequential = (frame: number) => frame === 0xc0 || frame === 0xc1;
/** Start of frame, whatever the coding: 0xc4, 0xc8 and 0xcc among them mean other things. */
const isFrame = (code: number) => code === 0xc0 || (code > 0xc0 && code <= 0xcf && code % 4 !== 0);
