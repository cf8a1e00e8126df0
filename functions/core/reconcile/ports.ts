import type { Bucket } from '#core/files/ports.ts';

/** Listing is apart from `ObjectStore`: only reconcile walks a bucket. */
export interface ObjectLister {
  /** One page in key order, at most 1000. */
  list(
    bucket: Bucket,
    options: { prefix?: string; after?: string; limit?: number },
  ): Promise<{ objects: { key: string; sizeBytes: number; lastModified: Date }[]; next?: string }>;
}
