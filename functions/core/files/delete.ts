import type { CleanupQueue } from './cleanup-queue.ts';
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

/**
 * Asks the worker to finish a deletion. When the queue cannot be reached the same deletion runs here
 * (docs/contract.md, "Cleanup"); when that fails too, the `deleting` record waits for the hourly schedule. So it never
 * throws: whoever asked has its answer already.
 */
export function createDeleteScheduler(deps: {
  files: FileStore;
  objects: ObjectStore;
  queue: CleanupQueue;
  log: (message: string, error: unknown) => void;
}): (fileId: string) => Promise<void> {
  return async (fileId) => {
    try {
      await deps.queue.send({ type: 'file.delete', fileId });
    } catch (queueError) {
      deps.log(`Cleanup of ${fileId} could not be queued and runs in the request`, queueError);
      try {
        await purge(deps, fileId);
      } catch (error) {
        deps.log(`Cleanup of ${fileId} is left to the schedule`, error);
      }
    }
  };
}
