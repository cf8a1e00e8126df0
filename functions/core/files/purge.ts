import { type ObjectStore, ObjectStoreError } from '#core/files/ports.ts';
import { type FileRecord, incomingOf } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import { objectsOf } from '#core/files/variants.ts';

/**
 * Takes the objects away and then the record, in this order: a record without object can be found, an object without
 * record not. What a repeated PUT leaves at the incoming key later is the marker's. What the bucket's own lock holds
 * waits as a record until the lock is over: asking sooner would only fail again.
 */
export async function erase(deps: { files: FileStore; objects: ObjectStore }, file: FileRecord): Promise<void> {
  try {
    // First: what joins the parts of an upload that is ended finds none, and what was joined before is removed after.
    if (file.incoming?.parts !== undefined) await deps.objects.abandon(incomingOf(file.incoming));
    await Promise.all([
      ...objectsOf(file).map((ref) => deps.objects.delete(ref)),
      file.incoming !== undefined && deps.objects.delete(incomingOf(file.incoming)),
    ]);
  } catch (error) {
    const until = lockedUntil(file, error);
    if (until === undefined) throw error;
    return await deps.files.postpone(file.id, until);
  }
  const { rejection } = file;
  // Kept to tell the owner; looked at again when that is over, and then it goes.
  if (rejection !== undefined && file.dueAt !== rejection.until) {
    return await deps.files.postpone(file.id, rejection.until);
  }
  await deps.files.remove(file.id);
}

/** A lock may end a little after the retention it is for, so a day is waited at least. */
const dayMs = 24 * 3_600_000;

/** Only what is under retention is expected to be locked; a lock on anything else is a mistake somebody must see. */
function lockedUntil(file: FileRecord, error: unknown): number | undefined {
  const locked = error instanceof ObjectStoreError && error.reason === 'locked';
  if (!locked || file.scope !== 'organization' || file.retainedUntil === undefined) return undefined;
  return Math.max(file.retainedUntil, Date.parse(file.updatedAt) + dayMs);
}

/**
 * Finishes the deletion of a file: the worker's step, which may run twice, late, or after somebody else finished.
 * Harmless: a record that is gone (done before) or not `deleting` (the message is not about this state).
 * Throws `ObjectStoreError` when the bucket does not answer; the record then stays and says what is left to do.
 */
export async function purge(deps: { files: FileStore; objects: ObjectStore }, fileId: string): Promise<void> {
  const file = await deps.files.get(fileId);
  if (file?.state === 'deleting') await erase(deps, file);
}
