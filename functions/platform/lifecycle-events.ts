import * as z from 'zod/mini';
import { applyLifecycleEvent } from '#core/lifecycle/events.ts';
import type { Contract } from '#http/contract.ts';
import { describeError, log } from '#http/log.ts';
import { lifecycleEvent } from '#http/messages.ts';
import { lifecycleDeps, lifecycleQueue } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: lifecycleEvent,
  success: 202,
  answer: z.object({ eventId: z.string(), status: z.literal('accepted') }),
} satisfies Contract;

/**
 * Accepts an event for the lifecycle worker. When the queue cannot be reached the event is applied here (seed 1,
 * "Cleanup Lifecycle"): its marks are durable, and the schedule takes up the clean-up that is owed.
 */
export const handler = serve('platform/lifecycle-events', contract, async ({ json: event }) => {
  try {
    await lifecycleQueue().send(event);
  } catch (error) {
    log('WARN', 'Lifecycle event could not be queued and is applied in the request', { error: describeError(error) });
    await applyLifecycleEvent(lifecycleDeps(), event);
  }
  return { eventId: event.eventId, status: 'accepted' };
});
