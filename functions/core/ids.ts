import { randomBytes } from 'node:crypto';

/**
 * A file id: 24 hex digits that sort by time, the form of seed 2's `_id`. Four bytes of seconds and two of the second's
 * fraction, so that lists are newest first within a second too, then 48 random bits. Ids are names, not secrets.
 */
export function newId(now: Date): string {
  const milliseconds = now.getTime();
  const head = Buffer.alloc(6);
  head.writeUInt32BE(Math.floor(milliseconds / 1000), 0);
  head.writeUInt16BE(Math.floor(((milliseconds % 1000) * 65_536) / 1000), 4);
  return head.toString('hex') + randomBytes(6).toString('hex');
}

/** What a file id in a path must look like; anything else is simply not found. */
export const idPattern = /^[0-9a-f]{24}$/;

/** A bucket key nobody can guess, written once and never presigned for PUT (128 random bits). */
export function newObjectKey(prefix: string, ext: string): string {
  return `${prefix}/${randomBytes(16).toString('hex')}.${ext}`;
}

/** Where a client may PUT, apart from every stored file. Its name tells nothing and is used for one upload. */
export function newIncomingKey(): string {
  return `incoming/${randomBytes(16).toString('hex')}`;
}
