import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { lifecycleEvent } from '#contracts/messages.ts';
import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { applyLifecycleEvent } from '#core/lifecycle/events.ts';
import { lifecycleDeps, lifecycleQueue } from '#runtime/container.ts';
import { describeError, log } from '#runtime/log.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description:
    'Accepts an event for the lifecycle worker. When the queue cannot be reached the event is applied here: its marks are durable, and the schedule takes up the clean-up that is owed.',
  json: lifecycleEvent,
  success: 202,
  answer: z.object({ eventId: z.string(), status: z.literal('accepted') }),
  examples: { json: { eventId: 'event-1', type: 'lock.deleted', lockId: 'lock-1' } },
} satisfies Contract;

/** While a queue is down the other probably is, too; what cannot be sent now is owed, and the schedule sends it. */
const sendIfPossible: CleanupQueue = {
  send: (message, delaySeconds) =>
    lifecycleDeps()
      .queue.send(message, delaySeconds)
      .catch((error: unknown) => log('WARN', 'Clean-up is left to the schedule', { error: describeError(error) })),
};

/** docs/contract.md, "Cleanup". */
export const handler = serve('platform/lifecycle-events', contract, async ({ json: event }) => {
  try {
    await lifecycleQueue().send(event);
  } catch (error) {
    log('WARN', 'Lifecycle event could not be queued and is applied in the request', { error: describeError(error) });
    await applyLifecycleEvent({ ...lifecycleDeps(), queue: sendIfPossible }, event);
  }
  return { eventId: event.eventId, status: 'accepted' };
});
