/**
 * Words shared by the R2 stand-in. A request flows: server -> request -> cors preflight -> signature -> route ->
 * operation -> store -> reply.
 */
import type { LifecycleRule } from './bucket-configuration.ts';
import type { S3Request } from './request.ts';
import type { PayloadProof } from './signature.ts';
import type { Store } from './store.ts';

/** Time as a dependency, so that expiry, skew and locks are tested by moving a clock. */
export interface Clock {
  now(): Date;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** One CORS rule of a bucket, as R2's dashboard has it. Origins are `scheme://host[:port]` or `*`. */
export interface CorsRule {
  allowedOrigins: string[];
  allowedMethods: string[];
  /** Names, in any case. A bare `*` is taken literally: whether R2 honours it is reported both ways, so list them. */
  allowedHeaders?: string[];
  exposeHeaders?: string[];
  maxAgeSeconds?: number;
}

export interface BucketOptions {
  name: string;
  cors?: CorsRule[];
  lifecycle?: LifecycleRule[];
  /** A bucket lock: an object younger than this, in seconds, can be neither deleted nor overwritten. */
  lockedSeconds?: number;
}

export type Operation =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'GetBucketLocation'
  | 'GetBucketCors'
  | 'GetBucketLifecycle'
  | 'ListObjects'
  | 'ListObjectsV2'
  | 'DeleteObjects'
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CopyObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'
  | 'ListMultipartUploads';

/** What a log line or a fault calls a request: an operation, a CORS preflight, or something R2 has not. */
export type OperationName = Operation | 'Preflight' | 'Unsupported';

/** One answered request. `status` is 0 when the connection was dropped instead. Never holds a query string. */
export interface RequestLine {
  method: string;
  path: string;
  bucket: string | undefined;
  key: string | undefined;
  operation: OperationName;
  status: number;
  /** Whose signature was good; undefined when none was. */
  accessKeyId: string | undefined;
}

/** A fault to provoke. The first three take the place of the effect; of the others the effect comes to pass. */
export type Fault =
  /** An error of R2's. */
  | { status: number; code: string }
  /** An answer of whatever else may stand in the way (a proxy, a wrong host): no word of S3's in it. */
  | { foreign: number; body?: string }
  /** The connection is dropped, or held open for ever without an answer. */
  | 'reset'
  | 'silent'
  | { afterEffect: 'reset' | 'silent' | 'silent body' }
  /** The answer comes late. */
  | { delayMs: number }
  /** The answer is another than it should be. */
  | { answer: AnswerChange };

/** What is changed in a true answer; the body is the true one unless it is given. */
export interface AnswerChange {
  status?: number;
  /** Headers set, by lower-case name; undefined takes one away. */
  headers?: Record<string, string | undefined>;
  body?: string;
}

export type Intercept = (request: {
  operation: Operation;
  bucket: string | undefined;
  key: string | undefined;
}) => Fault | undefined | Promise<Fault | undefined>;

/** A slice of a stored object's bytes, not yet opened for reading longer than the answer lives. */
export interface FileSlice {
  stream(): NodeJS.ReadableStream;
  close(): Promise<void>;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | FileSlice;
}

/** Everything an operation may use. */
export interface Context {
  request: S3Request;
  store: Store;
  /** The bucket the path names; it exists. Empty only for ListBuckets. */
  bucket: BucketOptions;
  key: string;
  payload: PayloadProof;
  now: Date;
  bucketNames: string[];
  /** Counts a write of this key and refuses it above the allowed rate. */
  admitWrite(key: string): void;
}

export type Handler = (context: Context) => Promise<Reply> | Reply;
