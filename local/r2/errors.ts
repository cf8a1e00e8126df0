/**
 * R2's error codes and their statuses. Differs from real R2: `ExpiredRequest` is 403 (its error page says 400, its
 * pricing page 403), so callers should match on the code.
 */
const statusOf = {
  AccessDenied: 403,
  AccessForbidden: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  ClientDisconnect: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  ExpiredRequest: 403,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidObjectName: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRegionName: 400,
  InvalidRequest: 400,
  InvalidStorageClass: 400,
  InvalidURI: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  ObjectLockedByBucketPolicy: 403,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  TooManyRequests: 429,
  Unauthorized: 401,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type R2Code = keyof typeof statusOf;

/** A refusal as R2 words it: becomes the XML error body. `headers` go out with it (a 416 names the true size). */
export class R2Error extends Error {
  override readonly name = 'R2Error';
  readonly code: R2Code;
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(code: R2Code, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.status = statusOf[code];
    this.headers = headers;
  }
}
