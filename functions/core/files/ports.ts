/** What the rules need from the outside. Adapters implement these; no vendor type or vendor error crosses them. */

/** Time as a dependency, so that expiry is tested by moving a clock and not by waiting. */
export interface Clock {
  now(): Date;
}

/** Which bucket, by role: deploy settings map a role to a name. */
export type Bucket = 'default' | 'public' | 'compliance';

export interface ObjectRef {
  bucket: Bucket;
  key: string;
}

/** Headers stored with an object: R2 serves them on every GET, so they are fixed when the bytes are. */
export interface ObjectHeaders {
  contentType: string;
  contentDisposition?: string;
  cacheControl?: string;
}

export interface ObjectHead {
  sizeBytes: number;
  /** With its quotes, as HTTP has it. */
  etag: string;
  contentType: string;
  /** Only when one was stored: whoever reads such an object may be handed other bytes than lie there. */
  contentEncoding?: string;
  lastModified: Date;
}

/**
 * The bucket. Every method may throw `ObjectStoreError`; a missing object is `undefined` or a no-op, never an error,
 * unless the method says otherwise.
 */
export interface ObjectStore {
  /**
   * Writes the bytes once: fails with reason `exists` when the key is taken (`If-None-Match: *`). A `repeatable` step
   * finds its own bytes there when it runs again, which is no failure.
   */
  put(
    ref: ObjectRef,
    body: Uint8Array,
    headers: ObjectHeaders,
    options?: { repeatable?: boolean },
  ): Promise<{ etag: string }>;
  head(ref: ObjectRef): Promise<ObjectHead | undefined>;
  /**
   * Reads a whole object, or a part of it (`range`, inclusive); `ifMatch` pins the ETag that was checked (reason
   * `changed`), `sizeBytes` what HEAD said: an answer that contradicts it is `unavailable`, and never other bytes.
   */
  get(
    ref: ObjectRef,
    options: { maxBytes: number; ifMatch?: string; sizeBytes?: number; range?: { first: number; last: number } },
  ): Promise<Uint8Array | undefined>;
  /**
   * Copies inside the store on the checked ETag (`changed` when it is another by now, `missing` when the source is
   * gone), once: fails with reason `exists` when the key is taken by other bytes, and succeeds when it has these. Without
   * `headers` the copy has those of the original. `sizeBytes` is how much there is to copy, and so to wait for.
   */
  copy(
    from: ObjectRef,
    to: ObjectRef,
    options: { ifMatch: string; headers?: ObjectHeaders; sizeBytes?: number },
  ): Promise<{ etag: string }>;
  /** Idempotent: deleting what is not there succeeds. Reason `locked` when a bucket lock holds the object. */
  delete(ref: ObjectRef): Promise<void>;
  /**
   * Ends every upload in parts at this key, and removes its parts, also those that were begun and never written down.
   * Idempotent. A part that is on its way may arrive after it, so it is done once more when none can be.
   */
  abandon(ref: ObjectRef): Promise<void>;
}

/** A part as the bucket has it. */
export interface UploadedPart {
  /** From 1. */
  number: number;
  sizeBytes: number;
  etag: string;
}

/** Uploads in parts. Each method may throw `ObjectStoreError`; an upload that is not known is an answer. */
export interface PartStore {
  /** Begins an upload of an object that will have this type; gives the bucket's name for it. */
  begin(ref: ObjectRef, options: { contentType: string }): Promise<string>;
  /** All parts there are, by their numbers; undefined when the upload is unknown: joined, aborted, or never begun. */
  list(ref: ObjectRef, uploadId: string): Promise<UploadedPart[] | undefined>;
  /**
   * Makes the object of exactly these parts. `changed` when one of them is another by now, `unknown` as for `list`: then
   * whoever joined them first has.
   */
  join(
    ref: ObjectRef,
    upload: { uploadId: string; parts: UploadedPart[]; sizeBytes: number },
  ): Promise<'joined' | 'changed' | 'unknown'>;
  /** Ends one upload. Idempotent. */
  abort(ref: ObjectRef, uploadId: string): Promise<void>;
}

/** Why the bucket refused, in our words. `unavailable` is worth a retry, the others are not. */
export type ObjectStoreReason = 'exists' | 'changed' | 'missing' | 'locked' | 'denied' | 'too_large' | 'unavailable';

export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  readonly reason: ObjectStoreReason;

  constructor(reason: ObjectStoreReason, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.reason = reason;
  }
}

export interface SignedUrl {
  url: string;
  /** The true end of the signature, not the time it was asked for plus a wish. */
  expiresAt: Date;
}

export interface UrlSigner {
  /**
   * A GET that works until `expiresAt`. `fresh` signs now and lives for exactly `expiresInSeconds`. `stable` floors the
   * signing time to a window, so every instance mints the same URL within it and a browser's cache hits; at least
   * `min(expiresInSeconds / 2, 300)` seconds of life remain (docs/contract.md, "Signed links").
   */
  presignGet(
    ref: ObjectRef,
    options: { expiresInSeconds: number; mode: 'fresh' | 'stable'; contentDisposition?: string; contentType?: string },
  ): Promise<SignedUrl>;
  /**
   * A PUT of exactly this type and length: content-type and content-length are signed. `headers` are what a client has to
   * set; the length it sets by itself.
   */
  presignPut(
    ref: ObjectRef,
    options: { contentType: string; contentLength?: number; expiresInSeconds: number },
  ): Promise<SignedUrl & { headers: Record<string, string> }>;
  /** A PUT of one part, of exactly this length. */
  presignPart(
    ref: ObjectRef,
    options: { uploadId: string; partNumber: number; contentLength: number; expiresInSeconds: number },
  ): Promise<SignedUrl>;
}

/** What the bytes really are, judged by their first bytes, whatever name or type was declared. */
export interface DetectedType {
  mimeType: string;
  ext: string;
}
