/**
 * R2's refusals in our words. The XML `Code` decides; the status does only where there is no body (HEAD), since R2's
 * documentation itself gives some codes different statuses (`ExpiredRequest`: 400 on one page, 403 on another).
 */
import { ObjectStoreError, type ObjectStoreReason } from '#core/files/ports.ts';

const reasonByCode: Partial<Record<string, ObjectStoreReason>> = {
  NoSuchKey: 'missing',
  PreconditionFailed: 'changed',
  EntityTooLarge: 'too_large',
  ObjectLockedByBucketPolicy: 'locked',
  TooManyRequests: 'unavailable',
  SlowDown: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
  RequestTimeout: 'unavailable',
  IncompleteBody: 'unavailable',
  BadDigest: 'unavailable',
  ConditionalRequestConflict: 'unavailable',
};

/**
 * Why R2 refused. Unknown codes of the client's class are `denied`: a request or a setting is wrong, and sending the
 * same again would not help. A missing bucket is that too, and not a missing object.
 */
export function reasonOf(status: number, code: string | undefined): ObjectStoreReason {
  const known = code === undefined ? undefined : reasonByCode[code];
  if (known) {
    return known;
  }
  if (status === 429 || (status >= 500 && status !== 501)) {
    return 'unavailable';
  }
  if (code === undefined) {
    if (status === 404) {
      return 'missing';
    }
    if (status === 412) {
      return 'changed';
    }
  }
  return 'denied';
}

const codesOfBadCredentials = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'Unauthorized']);

/** Whether other credentials could change the answer, so that a rotated secret is picked up. */
export function isAboutCredentials(status: number, code: string | undefined): boolean {
  return code === undefined ? status === 401 || status === 403 : codesOfBadCredentials.has(code);
}

/** The `Code` of an S3 error document; nothing else of it is safe to show (`SignatureDoesNotMatch` echoes what was signed). */
export function codeOf(xml: string): string | undefined {
  return /<Error\b[^>]*>[\s\S]*?<Code>\s*([A-Za-z0-9.]{1,64})\s*<\/Code>/.exec(xml)?.[1];
}

/** The error to throw: names operation, status and code, never a URL, a query or a header. */
export function refusal(operation: string, status: number, code: string | undefined): ObjectStoreError {
  return new ObjectStoreError(reasonOf(status, code), `R2 answered ${operation} with ${status} ${code ?? ''}`.trim());
}
