import { type FileRecord, isExpired } from '#core/file-record.ts';
import type { Clock, ObjectStore } from '#core/ports.ts';
import { purge } from '#core/purge.ts';
import type { FileStore } from '#core/stores.ts';

/**
 * One record whose time has come: an upload that never finished, a staged file nobody saved, a deletion that got
 * stuck. Safe to run twice, late, and beside the function that still works on the record: every step is conditional.
 * True when it had to be moved or removed.
 */
export async function sweepOne(
  deps: { files: FileStore; objects: ObjectStore; clock: Clock },
  file: FileRecord,
): Promise<boolean> {
  const now = deps.clock.now();
  const over = file.state === 'pending' || (file.state === 'ready' && isExpired(file, now));
  if (file.dueAt === undefined || file.dueAt > now.getTime()) return false;
  if (over && !(await deps.files.release(file, now))) return false;
  if (!over && file.state !== 'deleting') return false;
  await purge(deps, file.id);
  return true;
}
