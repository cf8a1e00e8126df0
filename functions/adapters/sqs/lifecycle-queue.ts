import type { LifecycleEvent, LifecycleQueue } from '#core/lifecycle/events.ts';
import { createSender, type QueueOptions } from './sender.ts';

/** The queue of lifecycle events behind `queueUrl`. Rejects with `QueueUnavailableError`. */
export function createLifecycleQueue(options: QueueOptions): LifecycleQueue {
  const sender = createSender(options);
  return { send: (event: LifecycleEvent) => sender(event) };
}
