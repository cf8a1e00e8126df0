import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { lifecycleEvent } from '#contracts/messages.ts';
import { applyLifecycleEvent } from '#core/lifecycle/events.ts';
import { doneHere } from '#core/lifecycle/without-queue.ts';
import { cleanDeps, lifecycleDeps, lifecycleQueue } from '#runtime/container.ts';
import { remainingMs } from '#runtime/deadline.ts';
import { describeError, log } from '#runtime/log.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description:
    'Accepts an event for the lifecycle worker. When the queue cannot be reached the event is applied here, with as much of its clean-up as there is time for; the schedule takes up what is left.',
  json: lifecycleEvent,
  success: 202,
  answer: z.object({ eventId: z.string(), status: z.literal('accepted') }),
  idempotent: 'answered',
} satisfies Contract;

/** The shortest page of a clean-up may take so long when R2 is slow, milliseconds. */
const pageMs = 8_000;

/** docs/contract.md, "Cleanup". */
export const handler = serveOnce('platform/lifecycle-events', contract, async ({ json: event }) => {
  try {
    await lifecycleQueue().send(event);
  } catch (error) {
    log('WARN', 'Lifecycle event could not be queued and is applied in the request', { error: describeError(error) });
    // While one queue is down the other probably is, too.
    const queue = doneHere(cleanDeps(), {
      hasTime: () => remainingMs() > pageMs,
      log: (message, cause) => log('WARN', message, { error: describeError(cause) }),
    });
    await applyLifecycleEvent({ ...lifecycleDeps(), queue }, event);
  }
  return { eventId: event.eventId, status: 'accepted' };
});
