/**
 * What R2's good answers must say before anything is believed: whether an upload is kept or deleted follows from them,
 * and a proxy or a half-broken server can answer 200 too. What is missing or contradicts is `unavailable`.
 */
import type { GetObjectCommandOutput, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { type ObjectHead, ObjectStoreError } from '#core/files/ports.ts';
import { contradiction, type R2Operation, type R2Refusal } from './refusals.ts';

export interface ByteRange {
  first: number;
  /** Inclusive. */
  last: number;
}

/** An ETag as HTTP has it, with its quotes: in a copy's XML some servers leave them out. */
export function etagOf(operation: R2Operation, etag: string | undefined): string {
  if (!etag) throw contradiction(operation, 'without an ETag');
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

/** A HEAD's facts. R2 sends all four with every object, so none of them is guessed: "0 bytes" would delete an upload. */
export function headOf(found: HeadObjectCommandOutput): ObjectHead {
  const { ContentLength: sizeBytes, ContentType: contentType, LastModified: lastModified } = found;
  if (!isSize(sizeBytes)) throw contradiction('HEAD', 'without a length');
  if (!contentType) throw contradiction('HEAD', 'without a type');
  if (!lastModified || Number.isNaN(lastModified.getTime())) throw contradiction('HEAD', 'without a time');
  return {
    sizeBytes,
    etag: etagOf('HEAD', found.ETag),
    contentType,
    ...(found.ContentEncoding !== undefined && { contentEncoding: found.ContentEncoding }),
    lastModified,
  };
}

/** What is known of the object a GET reads: what it was asked for, and what HEAD said of it. */
export interface Expected {
  range?: ByteRange | undefined;
  ifMatch?: string | undefined;
  sizeBytes?: number | undefined;
}

/**
 * The bytes of a GET's good answer. Of a server that ignored the range and sent everything, the caller has kept no more
 * than up to the range's end. Throws `unavailable` when the answer is not what was asked for, `changed` for another ETag.
 */
export function bytesOf(found: GetObjectCommandOutput, bytes: Uint8Array, expected: Expected): Uint8Array {
  const { range, ifMatch, sizeBytes } = expected;
  if (ifMatch !== undefined && etagOf('GET', found.ETag) !== ifMatch) {
    throw new ObjectStoreError('changed', 'R2 answered GET with another version than was asked for.');
  }
  const status = found.$metadata.httpStatusCode;
  if (status === 206) {
    if (!range) throw contradiction('GET', 'with a part of the object, of which all was asked for');
    return part(found, bytes, range, sizeBytes);
  }
  if (status !== 200) throw contradiction('GET', `with status ${status}`);
  const size = found.ContentLength ?? (range ? sizeBytes : bytes.byteLength);
  if (sizeBytes !== undefined && size !== sizeBytes) {
    throw contradiction('GET', `with ${size} bytes of an object of ${sizeBytes}`);
  }
  const wanted = range && size !== undefined ? Math.min(range.last + 1, size) : size;
  if (wanted !== undefined && bytes.byteLength !== wanted) {
    throw contradiction('GET', `with ${bytes.byteLength} bytes where there should be ${wanted}`);
  }
  return range ? bytes.subarray(range.first) : bytes;
}

function part(found: GetObjectCommandOutput, bytes: Uint8Array, range: ByteRange, sizeBytes: number | undefined) {
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(found.ContentRange ?? '')?.map(Number) ?? [];
  const right =
    size !== undefined &&
    (sizeBytes === undefined || size === sizeBytes) &&
    first === range.first &&
    last === Math.min(range.last, size - 1) &&
    bytes.byteLength === last - first + 1;
  if (!right) throw contradiction('GET', `with ${bytes.byteLength} bytes as "${found.ContentRange ?? 'no range'}"`);
  return bytes;
}

/**
 * A 416: no byte lies in the range. Of an object HEAD called empty the first bytes are none; of any other the answer
 * contradicts HEAD, or the range itself.
 */
export function nothingInRange(refused: R2Refusal, { range, sizeBytes }: Expected): Uint8Array {
  const told = /^bytes \*\/(\d+)$/.exec(refused.contentRange ?? '')?.[1];
  const size = sizeBytes ?? (told === undefined ? undefined : Number(told));
  const beyond = range !== undefined && (size === undefined || range.first >= size);
  if (!beyond || (told !== undefined && Number(told) !== size)) {
    throw contradiction('GET', `with ${refused.status} for a range that lies in the object`);
  }
  return new Uint8Array();
}

function isSize(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}
