import type { AuditEntry } from './audit.ts';
import type { CleanupQueue } from './cleanup-queue.ts';
import { inParallel } from './in-parallel.ts';
import type { Clock, ObjectStore } from './ports.ts';
import { purge } from './purge.ts';
import type { FileRecord } from './record.ts';
import { moved, retryOnMoved } from './retry.ts';
import type { FileStore } from './store.ts';

/**
 * Deletes a file that `find` allows: its quota is free and it is in no list when this returns; the bytes follow through
 * the queue. A file that changes hands meanwhile is looked at again. Throws what `find` throws.
 */
export async function deleteFile(
  deps: { files: FileStore; clock: Clock; scheduleDelete: (fileId: string) => Promise<void> },
  find: () => Promise<FileRecord>,
): Promise<void> {
  const { id } = await retryOnMoved(async () => {
    const file = await find();
    return (await deps.files.release(file, deps.clock.now())) ? file : moved;
  });
  await deps.scheduleDelete(id);
}

/** An upload that goes on may write its bytes still; no request that began before runs longer, seconds. */
const uploadIsOverAfterSeconds = 60;

/** How long the clean-up of a file waits that is deleted in whatever state it was. */
export const cleanUpDelayOf = ({ state, incoming }: FileRecord): number | undefined =>
  state === 'pending' && incoming === undefined ? uploadIsOverAfterSeconds : undefined;

/**
 * Deletes a file for an administrator, whatever has it: `find` gives it in any state. Of one that is being deleted already the
 * clean-up is asked for again. Throws what `find` throws.
 */
export async function deleteAudited<F extends FileRecord>(
  deps: { files: FileStore; clock: Clock; scheduleDelete: (fileId: string, delaySeconds?: number) => Promise<void> },
  find: () => Promise<F>,
  audit: (file: F) => AuditEntry,
): Promise<void> {
  const file = await retryOnMoved(async () => {
    const found = await find();
    if (found.state === 'deleting') return found;
    return (await deps.files.release(found, deps.clock.now(), audit(found))) ? found : moved;
  });
  await deps.scheduleDelete(file.id, cleanUpDelayOf(file));
}

/**
 * Asks the worker to finish a deletion, or several by one message. When the queue cannot be reached the same deletion runs here
 * (docs/contract.md, "Cleanup"); when that fails too, the `deleting` record waits for the hourly schedule. So it never
 * throws: whoever asked has its answer already. What may still be read by a link of a moment ago is removed later
 * (`delaySeconds`, at most 900).
 */
export function createDeleteScheduler(deps: {
  files: FileStore;
  objects: ObjectStore;
  queue: CleanupQueue;
  log: (message: string, error: unknown) => void;
}): (fileIds: string | string[], delaySeconds?: number) => Promise<void> {
  return async (given, delaySeconds) => {
    const fileIds = [given].flat();
    const [fileId] = fileIds;
    if (fileId === undefined) return;
    try {
      const message =
        fileIds.length === 1 ? { type: 'file.delete' as const, fileId } : { type: 'files.delete' as const, fileIds };
      await deps.queue.send(message, delaySeconds);
    } catch (queueError) {
      deps.log(`Cleanup of ${fileIds.join(', ')} could not be queued and runs in the request`, queueError);
      const purgeOne = (id: string) =>
        purge(deps, id).catch((error) => deps.log(`Cleanup of ${id} is left to the schedule`, error));
      await inParallel(fileIds, purgeOne);
    }
  };
}
