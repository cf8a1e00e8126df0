/**
 * What can hold a write back: a bucket lock and the rate of writes per key. Differs from real R2: one lock rule of one
 * age a bucket. It is not documented which requests count as writes of a key: here PutObject, CopyObject and deletions do,
 * except those whose condition fails, since they write nothing.
 */
import { R2Error } from './errors.ts';
import type { BucketOptions, Clock } from './types.ts';

/** Throws ObjectLockedByBucketPolicy (R2's 10069) while the object is younger than the bucket's lock. */
export function assertUnlocked(bucket: BucketOptions, object: { modified: number } | undefined, now: Date): void {
  if (!object || bucket.lockedSeconds === undefined) return;
  if (now.getTime() - object.modified < bucket.lockedSeconds * 1000) {
    throw new R2Error('ObjectLockedByBucketPolicy', 'The object is locked by the bucket policy.');
  }
}

/** Counts writes per key within a second; throws TooManyRequests (R2's 10058) above `perSecond`. */
export function writeLimiter(perSecond: number, clock: Clock): (id: string) => void {
  const recent = new Map<string, number[]>();
  return (id) => {
    if (perSecond === Number.POSITIVE_INFINITY) return;
    const now = clock.now().getTime();
    if (recent.size > 10_000) {
      for (const [key, times] of recent) if (now - (times.at(-1) ?? 0) >= 1000) recent.delete(key);
    }
    const times = (recent.get(id) ?? []).filter((time) => now - time < 1000);
    if (times.length >= perSecond) {
      throw new R2Error('TooManyRequests', 'Reduce your concurrent request rate for the same object.');
    }
    recent.set(id, [...times, now]);
  };
}
