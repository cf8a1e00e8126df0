/** One byte range (RFC 9110 section 14). Several ranges in one header are ignored, as S3 does. */
import { R2Error } from './errors.ts';

export interface ByteRange {
  first: number;
  /** Inclusive. */
  last: number;
}

/** The bytes a `Range` header asks of `size` bytes; undefined means all of them. Throws InvalidRange (416). */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const suffix = from === '';
  const first = suffix ? Math.max(0, size - Number(to)) : Number(from);
  const last = suffix || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (!suffix && to !== '' && Number(to) < first) return undefined;
  if (first >= size) {
    throw new R2Error('InvalidRange', 'The requested range is not satisfiable', { 'content-range': `bytes */${size}` });
  }
  return { first, last };
}
