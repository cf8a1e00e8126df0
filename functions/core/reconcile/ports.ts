import type { Bucket } from '#core/files/ports.ts';
import type { Scope } from '#core/files/record.ts';

/** Listing is apart from `ObjectStore`: only reconcile walks a bucket. */
export interface ObjectLister {
  /** One page in key order, at most 1000. */
  list(
    bucket: Bucket,
    options: { prefix?: string; after?: string; limit?: number },
  ): Promise<{ objects: { key: string; sizeBytes: number; lastModified: Date }[]; next?: string }>;
}

/** Clean-ups whose message was lost: what is owed, and that it is owed anew. */
export interface OwedCleanups {
  listOwed(now: Date, limit: number): Promise<Scope[]>;
  oweCleanup(scope: Scope, now: Date): Promise<void>;
}
