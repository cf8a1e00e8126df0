/** Where the buckets are and how an object is addressed in them. */
import { type Bucket, type Clock, type ObjectRef, ObjectStoreError } from '#core/files/ports.ts';
import { encodeRfc3986 } from '#core/files/uri.ts';
import type { CredentialSource } from './credentials.ts';

export interface R2Config {
  /** `https://<account>.r2.cloudflarestorage.com`, with the jurisdiction's label when the bucket has one. */
  endpoint: string;
  /** Bucket names by role. Without its own, `compliance` lives in `default`; `public` never does. */
  buckets: Partial<Record<Bucket, string>> & { default: string };
  credentials: CredentialSource;
  /** The time requests are signed at; the system's when left out. */
  clock?: Clock;
  timeouts?: R2Timeouts;
  /**
   * Milliseconds that are left for calls to R2 in the invocation in hand, so that several of them together leave time
   * for the table and for an answer of our own.
   */
  remainingMs?: (() => number) | undefined;
  /** Told of every call, with all its tries, how many milliseconds it took and whether R2 gave no answer that counts. */
  onCall?: (ms: number, failed: boolean) => void;
}

export interface R2Timeouts {
  /**
   * Milliseconds of silence after which a try is given up, and what a try may take beside the transfer of bytes.
   * Default 4000; all tries together get 2.5 times that, so that there is always time for a second.
   */
  baseMs?: number;
  /** Until TCP is connected; waiting for a free connection is not part of it, since there is no such wait. Default 2000. */
  connectMs?: number;
  /** The slowest transfer that is still waited for. Default 1 MiB a second. */
  bytesPerSecond?: number;
}

/** R2 has one region, and this is its name in the signature's scope (Cloudflare: "S3 API compatibility"). */
export const region = 'auto';

export const systemClock: Clock = { now: () => new Date() };

/**
 * The name of a role's bucket. Bytes meant for the public bucket never fall back to a private one, nor the other way
 * round, so `public` without a name is an error of configuration (`ObjectStoreError` `denied`: no retry helps).
 */
export function bucketName(config: Pick<R2Config, 'buckets'>, bucket: Bucket): string {
  const name = config.buckets[bucket] ?? (bucket === 'compliance' ? config.buckets.default : undefined);
  if (!name) {
    throw new ObjectStoreError('denied', `No bucket is configured for the role "${bucket}".`);
  }
  return name;
}

/** R2's limit on a key (Cloudflare: "Limits"). */
const maxKeyBytes = 1024;

/**
 * The path of an object, path style, percent-encoded: `/bucket/key`. Refuses (`denied`) keys that would address
 * something else: an empty one is the bucket itself, and URL parsers fold `.` and `..` away even when encoded.
 */
export function objectPath(config: Pick<R2Config, 'buckets'>, ref: ObjectRef): string {
  const segments = ref.key.split('/');
  if (
    ref.key === '' ||
    !ref.key.isWellFormed() ||
    Buffer.byteLength(ref.key) > maxKeyBytes ||
    segments.some((segment) => segment === '.' || segment === '..')
  ) {
    throw new ObjectStoreError('denied', 'The object key cannot be addressed over HTTP.');
  }
  return `/${encodeRfc3986(bucketName(config, ref.bucket))}/${segments.map(encodeRfc3986).join('/')}`;
}

/** Bucket and key as commands name them. Refuses what `objectPath` refuses: keys that would address something else. */
export function refIn(config: Pick<R2Config, 'buckets'>, ref: ObjectRef): { Bucket: string; Key: string } {
  objectPath(config, ref);
  return { Bucket: bucketName(config, ref.bucket), Key: ref.key };
}
