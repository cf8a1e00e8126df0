/** How far from the end a ZIP's end record may begin: its 22 bytes and the longest comment (APPNOTE.TXT, 4.3.16). */
export const zipEndBytes = 22 + 65_535;

/** What is read of a directory: some ten thousand names. Those behind it do not count. */
const maxDirectoryBytes = 1_048_576;

/** What is read of an entry that says what the archive is; those of real documents take a few thousand bytes. */
const maxEntryBytes = 262_144;

/** Room for the extra field of a local header, which is not always the directory's: writers pad with it. */
const extraBytes = 1_024;

/** Reads a part of the file, both ends inclusive and inside it. */
export type ReadPart = (first: number, last: number) => Promise<Uint8Array>;

interface Entry {
  name: Buffer;
  method: number;
  crc: number;
  compressedSize: number;
  size: number;
  /** Of its local header, from the beginning of the file. */
  offset: number;
}

/** Names that tell what an archive is, and those among them whose contents do. */
const telling =
  /^(mimetype$|\[Content_Types\]\.xml$|META-INF\/(MANIFEST\.MF|mozilla\.rsa)$|(word|xl|ppt|3D|Index)\/|classes\d*\.dex$)/;
const readNames = ['mimetype', '[Content_Types].xml'];

/**
 * A small archive that is to `file-type` what the large one is: the entries whose names tell, in their order, and the
 * contents of the two that are read. It reads archives from the front, so of a direct upload it would see the first
 * entries only, and in a streamed one it searches all bytes for the sizes that the directory has.
 *
 * At most three reads, of 64 KiB, 1 MiB and 257 KiB; most documents are smaller than the first of them, and take one.
 * Undefined where there is no directory to be read: cut, damaged, ZIP64, or in front of other bytes. Throws what `read`
 * throws.
 */
export async function zipExcerpt(read: ReadPart, sizeBytes: number): Promise<Uint8Array | undefined> {
  const tailFrom = Math.max(0, sizeBytes - zipEndBytes);
  const tail = { from: tailFrom, bytes: Buffer.from(await read(tailFrom, sizeBytes - 1)) };
  const part: ReadPart = async (first, last) =>
    first >= tail.from ? tail.bytes.subarray(first - tail.from, last + 1 - tail.from) : await read(first, last);

  const directory = directoryAt(tail.bytes);
  if (directory === undefined || directory.offset + directory.size > sizeBytes || directory.size === 0)
    return undefined;
  const { offset, size } = directory;
  const entries = entriesOf(Buffer.from(await part(offset, offset + Math.min(size, maxDirectoryBytes) - 1)));
  if (entries.length === 0) return undefined;
  const told = entries.filter(({ name }) => telling.test(name.toString('latin1')));
  const written: Buffer[] = [];
  for (const entry of told.sort((one, other) => one.offset - other.offset)) {
    const isRead = readNames.includes(entry.name.toString('latin1'));
    const content = isRead ? await contentOf(entry, part, offset) : undefined;
    written.push(localEntry(entry, content));
    // Nothing behind it is looked at, so a second one costs no further read.
    if (content !== undefined) break;
  }
  return Buffer.concat(written);
}

/** The last end record whose comment reaches the end of the file. */
function directoryAt(tail: Buffer): { offset: number; size: number } | undefined {
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== 0x06054b50 || at + 22 + tail.readUInt16LE(at + 20) !== tail.length) continue;
    return { size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  return undefined;
}

function entriesOf(directory: Buffer): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  while (at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    if (nameEnd > directory.length) break;
    entries.push({
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      compressedSize: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      name: directory.subarray(at + 46, nameEnd),
    });
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** The bytes of an entry as they lie there; undefined where they are too many, or not where the directory says. */
async function contentOf(entry: Entry, part: ReadPart, end: number): Promise<Buffer | undefined> {
  const { offset, compressedSize, name } = entry;
  if (compressedSize > maxEntryBytes || offset + 30 > end) return undefined;
  const last = Math.min(offset + 30 + name.length + extraBytes + compressedSize, end) - 1;
  const bytes = Buffer.from(await part(offset, last));
  if (bytes.length < 30 || bytes.readUInt32LE(0) !== 0x04034b50) return undefined;
  const from = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  return from + compressedSize <= bytes.length ? bytes.subarray(from, from + compressedSize) : undefined;
}

/** Without `content` the name alone, as of a folder. */
function localEntry({ name, method, crc, size }: Entry, content: Buffer | undefined): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  if (content !== undefined) {
    header.writeUInt16LE(method, 8);
    header.writeUInt32LE(crc, 14);
    header.writeUInt32LE(content.length, 18);
    header.writeUInt32LE(size, 22);
  }
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name, content ?? Buffer.alloc(0)]);
}
