/** GetObject and HeadObject: find -> conditions -> range -> stored headers -> bytes. */
import type { FileHandle } from 'node:fs/promises';
import { conditionsOf, evaluate } from '../conditions.ts';
import { R2Error } from '../errors.ts';
import { type ByteRange, byteRange } from '../range.ts';
import { headerText } from '../request.ts';
import type { StoredObject } from '../store.ts';
import type { FileSlice, Handler, Reply } from '../types.ts';

const overridable = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** The object's bytes, or the range asked for. */
export const getObject: Handler = async ({ request, store, bucket, key }) => {
  const opened = await store.open(bucket.name, key);
  if (!opened) throw noSuchKey();
  const { object, file } = opened;
  try {
    const reply = describeObject(object, request.header);
    if (reply.status !== 304) Object.assign(reply.headers, overrides(request.param));
    return await attach(reply, file);
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** The same headers without the bytes. */
export const headObject: Handler = ({ request, store, bucket, key }) => {
  const object = store.find(bucket.name, key);
  if (!object) throw noSuchKey();
  const { status, headers } = describeObject(object, request.header);
  return { status, headers: status === 304 ? headers : { ...headers, ...overrides(request.param) } };
};

export interface Described {
  status: 200 | 206 | 304;
  headers: Record<string, string>;
  /** Undefined for a 304; empty objects have `last` before `first`. */
  range: ByteRange | undefined;
}

/** Status and headers of a read. Throws 412 and 416. Shared with the public bucket, which serves the same headers. */
export function describeObject(object: StoredObject, header: (name: string) => string | undefined): Described {
  const validators = { etag: `"${object.etag}"`, 'last-modified': new Date(object.modified).toUTCString() };
  const outcome = evaluate(conditionsOf(header), object);
  if (outcome === 'failed') {
    throw new R2Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
  }
  if (outcome === 'not-modified') {
    const cacheControl = object.headers['cache-control'];
    return {
      status: 304,
      headers: { ...validators, ...(cacheControl && { 'cache-control': cacheControl }) },
      range: undefined,
    };
  }

  const ifRange = header('if-range');
  const stale = ifRange !== undefined && ifRange !== validators.etag && ifRange !== validators['last-modified'];
  const part = stale ? undefined : byteRange(header('range'), object.size);
  const range = part ?? { first: 0, last: object.size - 1 };
  const headers: Record<string, string> = {
    ...object.headers,
    ...object.metadata,
    ...validators,
    'accept-ranges': 'bytes',
    'content-length': String(range.last - range.first + 1),
  };
  if (part) headers['content-range'] = `bytes ${part.first}-${part.last}/${object.size}`;
  // A checksum is of the whole object, so a part must not carry it: clients would compare.
  else if (object.checksum && header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED') {
    headers[object.checksum.name] = object.checksum.value;
  }
  return { status: part ? 206 : 200, headers, range };
}

/** Puts the described bytes of an open file behind its headers; the reply owns the file from here. */
export async function attach({ status, headers, range }: Described, file: FileHandle): Promise<Reply> {
  if (!range || range.last < range.first) {
    await file.close();
    return { status, headers };
  }
  const body: FileSlice = {
    stream: () => file.createReadStream({ start: range.first, end: range.last }),
    close: () => file.close(),
  };
  return { status, headers, body };
}

/** `response-content-type` and its kin; only signed requests get here, so nobody can restyle another's file. */
function overrides(param: (name: string) => string | undefined): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of overridable) {
    const value = param(`response-${name}`);
    if (value !== undefined) set[name] = headerText(value);
  }
  return set;
}

function noSuchKey(): R2Error {
  return new R2Error('NoSuchKey', 'The specified key does not exist.');
}
