import { createHash, randomBytes } from 'node:crypto';

/**
 * A file id: 24 hex digits that sort by time, the form of `_id` in the uploads API. Four bytes of seconds and two of
 * the second's fraction, so that lists are newest first within a second too, then 48 random bits. Ids are names, not
 * secrets.
 */
export function newId(now: Date): string {
  const milliseconds = now.getTime();
  const head = Buffer.alloc(6);
  head.writeUInt32BE(Math.floor(milliseconds / 1000), 0);
  head.writeUInt16BE(Math.floor(((milliseconds % 1000) * 65_536) / 1000), 4);
  return head.toString('hex') + randomBytes(6).toString('hex');
}

/**
 * An id as one segment of a bucket key: no two ids share a segment, and none is `.` or `..`, which URL parsers fold away
 * even when they are percent-encoded (https://url.spec.whatwg.org/#double-dot-path-segment). Letters, digits and
 * `. _ : @ | -` stay as they are; of anything else, and of an id that is dots alone, each byte of UTF-8 becomes `~` and
 * two hex digits; an empty id is `~`. So keys are ASCII, and R2, for which canonically equivalent names are one object
 * (Cloudflare: "Unicode interoperability"), cannot take two ids for one. `~` is the one character left that neither
 * RFC 3986 nor SigV4 percent-encodes, so an address that is decoded once too often, or not at all, is the same key.
 * At most three bytes for each byte of the id. Throws `RangeError` for half a surrogate pair, which has no UTF-8.
 */
export function keySegment(id: string): string {
  if (id === '') return '~';
  if (!id.isWellFormed()) throw new RangeError('An id that is no Unicode text cannot be part of a key.');
  return id.replace(/^\.+$|[^A-Za-z0-9._:@|-]+/g, (part) =>
    Buffer.from(part).toString('hex').toUpperCase().replace(/../g, '~$&'),
  );
}

/** What a file id in a path must look like; anything else is simply not found. */
export const idPattern = /^[0-9a-f]{24}$/;

/** The other form an id may have: of a direct upload of an organization. */
export const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A bucket key nobody can guess, written once and never presigned for PUT. It begins with the record's id, so that an
 * object found in the bucket leads to its record without an index; 128 bits of id and tail together are random.
 */
export function newObjectKey(prefix: string, id: string, ext: string): string {
  return `${prefix}/${id}${randomBytes(10).toString('hex')}.${ext}`;
}

/**
 * What a preset may be called: a part of its copies' keys, and of the objects that list them, which have one property of
 * such a name already.
 */
export const presetPattern = /^(?!constructor$)[a-z][a-z0-9-]{0,31}$/;

/** The key of a preset's copy, which names the file's: `extensions/<id and tail>-thumb.webp` beside `….webp`. */
export function variantKey(key: string, preset: string): string {
  const dot = key.lastIndexOf('.');
  return `${key.slice(0, dot)}-${preset}${key.slice(dot)}`;
}

const ofVariant = /^(extensions\/[0-9a-f]{44})-[a-z][a-z0-9-]{0,31}(\.webp)$/;

/** The key of the file that an object is a part of: of a preset's copy the picture's, of any other its own. */
export const fileKeyOf = (key: string): string => key.replace(ofVariant, '$1$2');

/**
 * A UUID (of the random kind's form) that carries a record's id, for keys whose form is given: 30 of its 32 digits are
 * free, 24 of them are the id.
 */
export function newUuid(id: string): string {
  const free = id + randomBytes(3).toString('hex');
  const variant = '89ab'[randomBytes(1).readUInt8() % 4];
  return [
    free.slice(0, 8),
    free.slice(8, 12),
    `4${free.slice(12, 15)}`,
    `${variant}${free.slice(15, 18)}`,
    free.slice(18),
  ].join('-');
}

/** The id of the one record a key can have, for keys that others name (`exports/<orgId>/<jobId>.csv`). */
export function idOfNamedKey(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 24);
}

/** Uploads of organizations are named by their record's id, which is a UUID (docs/contract.md, "Key names"). */
const namedByRecord = /^(exercise-comments|progress-photos|messages\/uploads|logos|minisites|signatures)\//;

/** Keys made by `newObjectKey` and `newUuid`. */
const carryingId = /^(extensions|compliance|public|private)\//;

/** The record's id that an object's key carries, or undefined when the key is none of ours: such an object is never touched. */
export function idOfKey(objectKey: string): string | undefined {
  const key = fileKeyOf(objectKey);
  if (key.startsWith('exports/')) return idOfNamedKey(key);
  if (namedByRecord.test(key)) return /\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z0-9]+$/.exec(key)?.[1];
  if (!carryingId.test(key)) return undefined;
  const stem = key.slice(key.lastIndexOf('/') + 1).replace(/\.[a-z0-9]+$/, '');
  if (/^[0-9a-f]{44}$/.test(stem)) return stem.slice(0, 24);
  const uuid = /^([0-9a-f]{8})-([0-9a-f]{4})-4([0-9a-f]{3})-[89ab]([0-9a-f]{3})-([0-9a-f]{12})$/.exec(stem);
  return uuid === null ? undefined : uuid.slice(1).join('').slice(0, 24);
}

/** An object is written six days after its record's id is made at the latest; a day more for clocks and patience. */
const longestWriteMs = 7 * 86_400_000;

/**
 * Whether an object with this key of ours, written then, may be what a record with this id left: the id begins with
 * the time it was made. Names of the random kind are everywhere, those of an older store under the same prefixes too,
 * and of a million of them three hundred pass by chance. Ids that tell no time fit always.
 */
export function fitsTime(key: string, id: string, writtenAt: Date): boolean {
  if (!carryingId.test(key)) return true;
  const madeAt = Number.parseInt(id.slice(0, 8), 16) * 1000;
  return Math.abs(writtenAt.getTime() - madeAt) <= longestWriteMs;
}

/**
 * Where a client may PUT, apart from every stored file, used for one upload. Of one in parts it carries the record's id, so
 * that parts found in the bucket lead to their record; of any other it tells nothing.
 */
export function newIncomingKey(id = ''): string {
  return `incoming/${id}${randomBytes((32 - id.length) / 2).toString('hex')}`;
}

/** The record's id in the incoming key of an upload in parts. */
export const idOfIncomingKey = (key: string): string => key.slice('incoming/'.length, 'incoming/'.length + 24);

/** Whether `newIncomingKey` could have made this key. */
export const isIncomingKey = (key: string): boolean => /^incoming\/[0-9a-f]{32}$/.test(key);

/** Where a bucket says which table it belongs to; no file is ever stored there, and no key of ours begins with it. */
export const markerPrefix = '.stowage/table/';
