import * as z from 'zod/mini';
import { lifecycleEvent } from '#contracts/messages.ts';
import { applyLifecycleEvent } from '#core/lifecycle/events.ts';
import { lifecycleDeps } from '#runtime/container.ts';
import { withDeadline } from '#runtime/deadline.ts';
import { queueHandler } from '#runtime/queue-handler.ts';

/** Consumer of the lifecycle queue, which the platform's event endpoint feeds and the platform may feed directly. */
export const handler = withDeadline(
  queueHandler((body) => applyLifecycleEvent(lifecycleDeps(), z.parse(lifecycleEvent, body))),
);
