import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { createSender, type QueueOptions } from './sender.ts';

/** The `CleanupQueue` behind `queueUrl`. Rejects with `QueueUnavailableError`. */
export function createCleanupQueue(options: QueueOptions): CleanupQueue {
  return { send: createSender(options) };
}
