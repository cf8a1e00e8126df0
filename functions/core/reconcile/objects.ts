import { fileKeyOf, fitsTime, idOfKey, isIncomingKey, markerPrefix } from '#core/files/ids.ts';
import { note } from './report.ts';
import type { Step } from './run.ts';

/**
 * Younger objects are left alone: they may belong to an upload that is going on. Longer than any PUT URL lives and any
 * upload may take to be completed.
 */
const graceMs = 2 * 3_600_000;

/** An upload of an organization's editor may wait for a day, and its bytes with it. */
const incomingGraceMs = 26 * 3_600_000;

/** Keys of ours begin with a letter; the marks of the bucket's table lie before them and move on with every run. */
const beforeFiles = `${markerPrefix}~`;

/**
 * One page of a bucket: every object of ours against its record. An object whose key we did not make is somebody
 * else's and never suspect; an incoming one of a day and more belongs to no upload that could still be completed.
 */
export const reconcileObjects: Step = async ({ deps, report, keep }, position) => {
  const index = position.bucket ?? 0;
  const bucket = deps.buckets[index];
  if (bucket === undefined) return { part: 'uploads' };
  const { objects, next } = await deps.lister.list(bucket, { after: position.after ?? beforeFiles });
  report.checked.objects += objects.length;
  const seen = (position.seen ?? 0) + objects.length;

  const now = deps.clock.now();
  const settled = objects.filter(({ lastModified }) => lastModified.getTime() < now.getTime() - graceMs);
  const named = settled.flatMap(({ key, lastModified }) => {
    const id = idOfKey(key);
    return id === undefined || !fitsTime(key, id, lastModified) ? [] : [{ key, id }];
  });
  const records = await deps.store.keysOf(named.map(({ id }) => id));
  const orphans = named.filter(({ key, id }) => records.get(id)?.key !== fileKeyOf(key)).map(({ key }) => key);
  const oldestIncoming = now.getTime() - incomingGraceMs;
  const incoming = settled
    .filter(({ key, lastModified }) => isIncomingKey(key) && lastModified.getTime() < oldestIncoming)
    .map(({ key }) => key);
  const suspects = [...orphans, ...incoming];
  for (const key of suspects) note(report.objectsWithoutRecord, `${bucket} ${key}`);
  if (!report.dryRun && suspects.length > 0) {
    await keep();
    await deps.store.suspect(`orphans ${bucket}`, suspects, now);
  }
  if (next !== undefined) return { part: 'objects', bucket: index, after: next, seen };
  return { part: 'orphans', bucket: index, seen };
};
