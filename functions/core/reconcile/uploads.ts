import { idOfIncomingKey, isIncomingKey } from '#core/files/ids.ts';
import { note } from './report.ts';
import type { Step } from './run.ts';
import { settle } from './suspects.ts';

/** Younger ones are left alone: presign may still be writing down what it began. */
const graceMs = 2 * 3_600_000;

/**
 * One page of the uploads in parts that are under way, each against its record, to which its key leads. One whose key we
 * did not make is somebody else's and never suspect. R2 aborts what is seven days old by default, and so removes most of
 * what would be found here; a bucket may have another rule.
 */
export const reconcileUploads: Step = async ({ deps, report, keep }, position) => {
  const after = position.after === undefined ? {} : { after: position.after };
  const { uploads, next } = await deps.lister.listUploads('default', after);
  report.checked.objects += uploads.length;
  const now = deps.clock.now();
  const settled = uploads.filter(
    ({ key, beganAt }) => isIncomingKey(key) && beganAt.getTime() < now.getTime() - graceMs,
  );
  const keys = [...new Set(settled.map(({ key }) => key))];
  const records = await deps.store.keysOf(keys.map(idOfIncomingKey));
  const suspects = keys.filter((key) => !records.has(idOfIncomingKey(key)));
  for (const key of suspects) note(report.objectsWithoutRecord, `default ${key}`);
  if (!report.dryRun && suspects.length > 0) {
    await keep();
    await deps.store.suspect('uploads', suspects, now);
  }
  const seen = (position.seen ?? 0) + uploads.length;
  return next === undefined ? { part: 'strayUploads', seen } : { part: 'uploads', after: next, seen };
};

/** Uploads in parts that have no record, after all of them were looked through. */
export const settleUploads: Step = async (run, position) => {
  const { deps } = run;
  const again = await settle(run, {
    list: 'uploads',
    kind: 'objectsWithoutRecord',
    seen: position.seen ?? 0,
    stop: { reason: 'too_many_orphans', bucket: 'default' },
    isStill: async ({ name: key }) => {
      const id = idOfIncomingKey(key);
      return !(await deps.store.keysOf([id])).has(id);
    },
    // Ends whatever is under way at the key; nothing happens where R2 has done so meanwhile.
    remove: ({ name: key }) => deps.objects.abandon({ bucket: 'default', key }),
  });
  return again ? position : undefined;
};
