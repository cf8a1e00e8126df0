/** What the boxes of an AVIF tell of the work it makes, and whether the last of them is cut. */
export interface AvifFacts {
  /**
   * Pixels of all the pictures it consists of: tiles, transparency and previews too, which its own width and height do
   * not tell. The decoder holds each coded picture to the size written here, so none is larger than it says.
   */
  pixels: number;
  /** Of the largest of them, which is held at once. */
  largest: number;
  endsInside: boolean;
}

/**
 * Sources: ISO/IEC 14496-12, 4.2 (boxes); ISO/IEC 23008-12, 6.5.3 (`ispe`) and 9.3 (`ipco`, `ipma`); the limit on coded
 * pictures was seen at work: "exceeds the maximum image size".
 */
export function readAvif(bytes: Uint8Array): AvifFacts {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outermost = boxesIn(file, 0, file.length);
  const items: number[] = [];
  for (const meta of named('meta', outermost)) {
    for (const properties of named('iprp', boxesIn(file, meta.start + 4, meta.end))) {
      const boxes = boxesIn(file, properties.start, properties.end);
      const areas = named('ipco', boxes).flatMap(({ start, end }) =>
        boxesIn(file, start, end).map((box) => (box.type === 'ispe' ? areaOf(file, box) : 0)),
      );
      for (const associations of named('ipma', boxes))
        for (const area of itemsOf(file, associations, areas)) items.push(area);
    }
  }
  return {
    pixels: items.reduce((sum, area) => sum + area, 0),
    largest: items.reduce((most, area) => Math.max(most, area), 0),
    endsInside: outermost.at(-1)?.isCut ?? true,
  };
}

interface Box {
  type: string;
  /** Where its content begins and ends. */
  start: number;
  end: number;
  isCut: boolean;
}

const named = (type: string, boxes: readonly Box[]) => boxes.filter((box) => box.type === type);

/** Side by side, far more than a picture has: a file of nothing but empty boxes is not read to its end. */
const mostBoxes = 10_000;

function boxesIn(file: Buffer, from: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at < end; ) {
    if (at + 8 > end || boxes.length === mostBoxes) return [...boxes, { type: '', start: at, end, isCut: true }];
    let [size, start] = [file.readUInt32BE(at), at + 8];
    if (size === 1 && at + 16 <= end) [size, start] = [Number(file.readBigUInt64BE(at + 8)), at + 16];
    const next = size === 0 ? end : at + Math.max(size, start - at);
    const type = file.toString('latin1', at + 4, at + 8);
    boxes.push({ type, start: Math.min(start, end), end: Math.min(next, end), isCut: next > end });
    at = next;
  }
  return boxes;
}

const areaOf = (file: Buffer, { start, end }: Box): number =>
  end - start < 12 ? 0 : file.readUInt32BE(start + 4) * file.readUInt32BE(start + 8);

/** The areas of all items, each by the properties that are said to be its own; a property may serve many. */
function* itemsOf(file: Buffer, { start, end }: Box, areas: readonly number[]): Generator<number> {
  const byte = (at: number) => (at < end ? (file[at] ?? 0) : 0);
  const version = byte(start);
  const isWide = (byte(start + 3) & 1) === 1;
  let at = start + 8;
  while (at < end) {
    at += version < 1 ? 2 : 4;
    const count = byte(at);
    at += 1;
    let largest = 0;
    for (let index = 0; index < count; index += 1) {
      const property = isWide ? ((byte(at) & 127) << 8) | byte(at + 1) : byte(at) & 127;
      largest = Math.max(largest, areas[property - 1] ?? 0);
      at += isWide ? 2 : 1;
    }
    yield largest;
  }
}
