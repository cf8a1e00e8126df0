import { fitsTime, idOfKey, isIncomingKey } from '#core/files/ids.ts';
import type { Step } from './reconcile.ts';
import { found } from './report.ts';

/**
 * Younger objects are left alone: they may belong to an upload that is going on. Longer than any PUT URL lives and any
 * upload may take to be completed.
 */
const graceMs = 2 * 3_600_000;

/** An upload of an organization's editor may wait for a day, and its bytes with it. */
const incomingGraceMs = 26 * 3_600_000;

/**
 * One page of a bucket: every object of ours against its record. An object whose key we did not make is somebody
 * else's and never touched; an incoming one of a day and more belongs to no upload that could still be completed.
 */
export const reconcileObjects: Step = async (deps, report, position) => {
  const index = position.bucket ?? 0;
  const bucket = deps.buckets[index];
  if (bucket === undefined) return undefined;
  const page = await deps.lister.list(bucket, { ...(position.after !== undefined && { after: position.after }) });
  report.checked.objects += page.objects.length;

  const oldest = deps.clock.now().getTime() - graceMs;
  const settled = page.objects.filter(({ lastModified }) => lastModified.getTime() < oldest);
  const named = settled.flatMap(({ key, lastModified }) => {
    const id = idOfKey(key);
    return id === undefined || !fitsTime(key, id, lastModified) ? [] : [{ key, id }];
  });
  const records = await deps.store.keysOf(named.map(({ id }) => id));
  const orphans = named.filter(({ key, id }) => records.get(id)?.key !== key).map(({ key }) => key);
  const oldestIncoming = deps.clock.now().getTime() - incomingGraceMs;
  const incoming = settled
    .filter(({ key, lastModified }) => isIncomingKey(key) && lastModified.getTime() < oldestIncoming)
    .map(({ key }) => key);
  for (const key of [...orphans, ...incoming]) {
    await found(report, 'objectsWithoutRecord', `${bucket} ${key}`, () => deps.objects.delete({ bucket, key }));
  }
  if (page.next !== undefined) return { part: 'objects', bucket: index, after: page.next };
  return index + 1 < deps.buckets.length ? { part: 'objects', bucket: index + 1 } : undefined;
};
