/** Conditional requests (RFC 9110 section 13) on reads, writes, and both ends of a copy. */
import { R2Error } from './errors.ts';

export interface Conditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: string | undefined;
  ifUnmodifiedSince: string | undefined;
}

/** What conditions look at. */
export interface Versioned {
  /** Hex, without quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  modified: number;
}

/** Reads the four headers; `prefix` is `x-amz-copy-source-` or `cf-copy-destination-` for the ends of a copy. */
export function conditionsOf(header: (name: string) => string | undefined, prefix = ''): Conditions {
  return {
    ifMatch: header(`${prefix}if-match`),
    ifNoneMatch: header(`${prefix}if-none-match`),
    ifModifiedSince: header(`${prefix}if-modified-since`),
    ifUnmodifiedSince: header(`${prefix}if-unmodified-since`),
  };
}

/** The outcome for an object that exists, in RFC 9110's order: a tag outranks its date. */
export function evaluate(conditions: Conditions, object: Versioned): 'pass' | 'failed' | 'not-modified' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = Math.floor(object.modified / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object.etag)) return 'failed';
  } else if (modified > date(ifUnmodifiedSince, Number.POSITIVE_INFINITY)) {
    return 'failed';
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object.etag) ? 'not-modified' : 'pass';
  return modified <= date(ifModifiedSince, Number.NEGATIVE_INFINITY) ? 'not-modified' : 'pass';
}

/** For writes and copies, where any unmet condition is a 412; a missing object meets everything but `If-Match`. */
export function assertConditions(conditions: Conditions, object: Versioned | undefined): void {
  const met = object ? evaluate(conditions, object) === 'pass' : conditions.ifMatch === undefined;
  if (!met) throw new R2Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
}

function matches(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const tag = item.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag || tag === `"${etag}"`;
  });
}

/** An unreadable date is no condition (RFC 9110: ignored), which `otherwise` stands for. */
function date(text: string | undefined, otherwise: number): number {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? otherwise : ms;
}
