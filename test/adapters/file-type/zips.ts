import { crc32, deflateRawSync } from 'node:zlib';

/** A ZIP with its directory, as Office writes it; `streamed` as a writer does that cannot go back: sizes behind the bytes. */
export function zipWith(entries: readonly (readonly [name: string, content: Buffer])[], streamed = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const packed = deflateRawSync(content);
    const facts = Buffer.alloc(12);
    facts.writeUInt32LE(crc32(content), 0);
    facts.writeUInt32LE(packed.length, 4);
    facts.writeUInt32LE(content.length, 8);
    const start = Buffer.from([20, 0, streamed ? 8 : 0, 0, 8, 0, 0, 0, 0, 0]);
    const lengths = Buffer.from([name.length, 0, 0, 0]);
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      start,
      streamed ? Buffer.alloc(12) : facts,
      lengths,
      Buffer.from(name),
      packed,
      ...(streamed ? [Buffer.from('PK\x07\x08'), facts] : []),
    ]);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), start, facts, lengths, where.subarray(0, 14), Buffer.from(name)]),
    );
    parts.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}
