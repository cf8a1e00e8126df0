import type { CleanupQueue, ObjectStore } from '#core/files/ports.ts';
import { purge } from '#core/files/purge.ts';
import type { FileStore } from '#core/files/store.ts';

/**
 * Asks the worker to finish a deletion. When the queue cannot be reached the same deletion runs here (seed 1, "Cleanup
 * Lifecycle"); when that fails too, the `deleting` record waits for the hourly schedule. So it never throws: whoever
 * asked has its answer already.
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
