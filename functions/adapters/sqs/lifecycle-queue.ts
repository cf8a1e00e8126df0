import type { LifecycleEvent, LifecycleQueue } from '#core/lifecycle/events.ts';
import { createSender } from './sender.ts';

/** The queue of lifecycle events behind `queueUrl`. Rejects with `QueueUnavailableError`. */
export function createLifecycleQueue({ queueUrl }: { queueUrl: string }): LifecycleQueue {
  const sender = createSender(queueUrl);
  return { send: (event: LifecycleEvent) => sender(event) };
}
