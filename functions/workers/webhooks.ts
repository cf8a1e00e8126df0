import { deliverWebhook, postponeMessage, webhooks } from '#runtime/container-events.ts';
import { withDeadline } from '#runtime/deadline.ts';
import { webhookHandler } from '#runtime/webhook-handler.ts';

/** Delivers events to the webhooks of the settings, signed, one at a time for each file. */
export const handler = withDeadline(
  webhookHandler({
    webhooks,
    deliver: deliverWebhook,
    postpone: (message, seconds) => postponeMessage()(message, seconds),
  }),
);
