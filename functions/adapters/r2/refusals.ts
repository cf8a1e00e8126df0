/**
 * R2's refusals in our words. The XML `Code` decides; the status does only where there is no body (HEAD), since R2's
 * documentation itself gives some codes different statuses (`ExpiredRequest`: 400 on one page, 403 on another), and
 * since an answer without a code may come from anything between R2 and us. Codes: Cloudflare, "R2 error codes".
 */
import { ObjectStoreError, type ObjectStoreReason } from '#core/files/ports.ts';

/** What one request is called in messages and rules. */
export type R2Operation = 'GET' | 'HEAD' | 'PUT' | 'COPY' | 'DELETE' | 'LIST' | 'MULTIPART';

const reasonByCode: Partial<Record<string, ObjectStoreReason>> = {
  NoSuchKey: 'missing',
  NoSuchUpload: 'missing',
  InvalidPart: 'changed',
  PreconditionFailed: 'changed',
  EntityTooLarge: 'too_large',
  ObjectLockedByBucketPolicy: 'locked',
  TooManyRequests: 'unavailable',
  SlowDown: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
  RequestTimeout: 'unavailable',
  // The connection broke while R2 read the body: what R2 says of us is what we would say of the network.
  ClientDisconnect: 'unavailable',
  IncompleteBody: 'unavailable',
  BadDigest: 'unavailable',
  ConditionalRequestConflict: 'unavailable',
};

/** Statuses from which a decision would follow, and which R2 never sends without saying by a code what it means. */
const verdicts = new Set([404, 412, 416]);

/**
 * Why R2 refused. Unknown codes of the client's class are `denied`: a request or a setting is wrong, and sending the
 * same again would not help. A missing bucket is that too, and not a missing object. A 404 without R2's own code is
 * somebody else's (a proxy, a wrong endpoint) and says nothing of an object, except to HEAD, where it is all there is.
 */
export function reasonOf(operation: R2Operation, status: number, code: string | undefined): ObjectStoreReason {
  const known = code === undefined ? undefined : reasonByCode[code];
  if (known) return known;
  if (status < 300 || status === 408 || status === 429 || (status >= 500 && status !== 501)) return 'unavailable';
  if (code !== undefined || !verdicts.has(status)) return 'denied';
  if (operation !== 'HEAD') return 'unavailable';
  return status === 404 ? 'missing' : 'changed';
}

/** Whether R2 wants fewer writes of one key: it takes one a second, so a sooner retry is refused like the first try. */
export function isRateLimit(status: number, code: string | undefined): boolean {
  return status === 429 || code === 'TooManyRequests' || code === 'SlowDown';
}

const codesOfBadCredentials = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'Unauthorized']);

/** Whether other credentials could change the answer, so that a rotated secret is picked up. */
export function isAboutCredentials(status: number, code: string | undefined): boolean {
  return code === undefined ? status === 401 || status === 403 : codesOfBadCredentials.has(code);
}

/** An answer that is no success, by status and code; nothing else of it is safe to keep (some echo what was signed). */
export class R2Refusal extends Error {
  override readonly name = 'R2Refusal';
  readonly operation: R2Operation;
  readonly status: number;
  readonly code: string | undefined;
  /** Of a 416: the true size, after the slash. */
  readonly contentRange: string | undefined;
  /** An earlier try of this request failed, and may have taken effect before it did. */
  readonly mayHaveLanded: boolean;
  /** The client has set its clock by R2's, so that the same request may be signed right now. */
  readonly clockCorrected: boolean;

  constructor(
    operation: R2Operation,
    answer: Pick<R2Refusal, 'status' | 'code' | 'contentRange' | 'mayHaveLanded' | 'clockCorrected'>,
  ) {
    super(`R2 answered ${operation} with ${answer.status} ${answer.code ?? ''}`.trim());
    this.operation = operation;
    this.status = answer.status;
    this.code = answer.code;
    this.contentRange = answer.contentRange;
    this.mayHaveLanded = answer.mayHaveLanded;
    this.clockCorrected = answer.clockCorrected;
  }

  get reason(): ObjectStoreReason {
    return reasonOf(this.operation, this.status, this.code);
  }

  /** The error to throw: names operation, status and code, never a URL, a query or a header. */
  toStoreError(): ObjectStoreError {
    return new ObjectStoreError(this.reason, this.message);
  }
}

/** An answer that says success and contradicts itself, or what was asked: nothing may be decided by it. */
export function contradiction(operation: R2Operation, what: string): ObjectStoreError {
  return new ObjectStoreError('unavailable', `R2 answered ${operation} ${what}.`);
}
