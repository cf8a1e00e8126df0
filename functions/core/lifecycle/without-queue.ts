import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import type { CleanDeps } from './clean-scope.ts';
import { handleCleanup } from './handle-cleanup.ts';

/**
 * A cleanup queue for a request that must go on when the queue cannot be reached: what should be done at once is done
 * here, page by page, while there is time. What should come later, or has no time left, is owed already, and the schedule
 * takes it up (see `LifecycleStore.oweCleanup`). Never throws.
 */
export function doneHere(
  deps: CleanDeps,
  { hasTime, log }: { hasTime: () => boolean; log: (message: string, error: unknown) => void },
): CleanupQueue {
  const queue: CleanupQueue = {
    async send(message, delaySeconds) {
      try {
        await deps.queue.send(message, delaySeconds);
      } catch (queueError) {
        if (delaySeconds !== undefined || !hasTime()) {
          log(`${message.type} is left to the schedule`, queueError);
          return;
        }
        log(`${message.type} could not be queued and runs in the request`, queueError);
        await handleCleanup({ ...deps, queue }, message).catch((error: unknown) =>
          log(`${message.type} is left to the schedule`, error),
        );
      }
    },
  };
  return queue;
}
