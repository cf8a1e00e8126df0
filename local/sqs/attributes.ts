/** The digest of message attributes that SDK clients compare with their own. */
import { createHash } from 'node:crypto';

interface Attribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

/** MD5 over names, types and values, each length-prefixed, in order of names (SQS developer guide, message metadata). */
export function md5OfAttributes(attributes: Record<string, unknown>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType, StringValue, BinaryValue } = attributes[name] as Attribute;
    part(Buffer.from(name));
    part(Buffer.from(DataType));
    hash.update(Buffer.from([DataType.startsWith('Binary') ? 2 : 1]));
    part(DataType.startsWith('Binary') ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? ''));
  }
  return hash.digest('hex');
}
