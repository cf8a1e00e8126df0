import { StowageError } from './errors.ts';

/**
 * An id as one segment of a path. `.` and `..` survive percent-encoding and would name another endpoint
 * (https://url.spec.whatwg.org/#double-dot-path-segment), and no id at all would name the collection. Throws
 * `StowageError` `invalid_payload` for these.
 */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new StowageError('invalid_payload', 'An id is missing.');
  return encodeURIComponent(id);
}
