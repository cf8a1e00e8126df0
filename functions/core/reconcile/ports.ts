import type { Bucket } from '#core/files/ports.ts';
import type { Scope } from '#core/files/record.ts';

/** An upload in parts that was neither joined nor ended. */
export interface OpenUpload {
  key: string;
  beganAt: Date;
}

/** Listing is apart from `ObjectStore`: only reconcile walks a bucket. */
export interface ObjectLister {
  /** One page in key order, at most 1000. */
  list(
    bucket: Bucket,
    options: { prefix?: string; after?: string; limit?: number },
  ): Promise<{ objects: { key: string; sizeBytes: number; lastModified: Date }[]; next?: string }>;
  /** One page of the uploads in parts that are under way, in key order, at most 1000; `next` is passed as `after`. */
  listUploads(bucket: Bucket, options: { after?: string }): Promise<{ uploads: OpenUpload[]; next?: string }>;
}

/** Clean-ups whose message was lost: what is owed, and that it is owed anew. */
export interface OwedCleanups {
  listOwed(now: Date, limit: number): Promise<Scope[]>;
  oweCleanup(scope: Scope, now: Date): Promise<void>;
}
