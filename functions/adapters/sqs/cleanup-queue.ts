import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { createSender } from './sender.ts';

/** The `CleanupQueue` behind `queueUrl`. Rejects with `QueueUnavailableError`. */
export function createCleanupQueue({ queueUrl }: { queueUrl: string }): CleanupQueue {
  return { send: createSender(queueUrl) };
}
