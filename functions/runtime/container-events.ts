/** The part of the container that tells what became of files: no request needs any of it. */
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod/mini';
import { changeIn } from '#adapters/dynamo/changes.ts';
import { createQuotaStore } from '#adapters/dynamo/quota-store.ts';
import { createSettingsStore } from '#adapters/dynamo/settings-store.ts';
import { createBus } from '#adapters/eventbridge/bus.ts';
import { createWebhookSecrets } from '#adapters/secrets/webhook-secrets.ts';
import { createPostpone } from '#adapters/sqs/postpone.ts';
import { createWebhookQueue } from '#adapters/sqs/webhook-queue.ts';
import { postWebhook } from '#adapters/webhooks/deliver.ts';
import { signedHeaders } from '#adapters/webhooks/signature.ts';
import { eventTypes } from '#core/events/event.ts';
import { createQuotaWatch, type QuotaWatchDeps } from '#core/events/quota.ts';
import type { Delivery } from '#core/events/webhook.ts';
import { clock, once, table } from './container.ts';
import { remainingMs } from './deadline.ts';
import { env, required } from './env.ts';
import { envNames } from './env-names.ts';
import { redact } from './log.ts';
import type { Webhook } from './webhook-handler.ts';

export { changeIn };

const queues = z.array(z.object({ queueUrl: z.string(), events: z.optional(z.array(z.enum(eventTypes))) }));

/** What the worker tells with: the bus, and the queue of every webhook. */
export const tellDeps = /* @__PURE__ */ once((): QuotaWatchDeps => {
  return {
    source: required(envNames.eventSource),
    sinks: [
      createBus({ busName: required(envNames.eventBusName), remainingMs }),
      ...z
        .parse(queues, JSON.parse(env()[envNames.webhookQueues] ?? '[]'))
        .map((queue) => createWebhookQueue({ ...queue, remainingMs })),
    ],
    wait: (ms) => wait(ms),
    remainingMs,
    quotas: createQuotaStore(table(), createSettingsStore(table(), { cacheSeconds: 0 })),
    now: () => clock.now(),
  };
});

/** Looks after the quotas of apps for as long as the instance lives. */
export const quotaWatch = /* @__PURE__ */ once(() => createQuotaWatch(tellDeps()));

const webhook = z.object({ queueArn: z.string(), queueUrl: z.string(), url: z.string(), secretName: z.string() });

/** The webhooks of the settings, each with its queue. */
export const webhooks = /* @__PURE__ */ once((): readonly Webhook[] =>
  z.parse(z.array(webhook), JSON.parse(required(envNames.webhooks))),
);

export const postponeMessage = /* @__PURE__ */ once(() => createPostpone({ remainingMs }));

const secretsOf = /* @__PURE__ */ once(() => createWebhookSecrets({ remainingMs }));

/** Receivers are to put aside what they are told and answer; whoever works first answers late. Milliseconds. */
const deliveryMs = 10_000;

/**
 * Signs a message as of now and posts it once. Where its secret is missing or of another form that is a refusal as well: it
 * takes somebody hours to mend, and the tries have to last as long.
 */
export async function deliverWebhook(
  { url, secretName }: Webhook,
  { id, body }: { id: string; body: string },
): Promise<Delivery> {
  let secrets: Buffer[];
  try {
    secrets = await secretsOf()(secretName);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const reason = `secret not readable: ${name}: ${redact(message)}`.slice(0, 300);
    return { outcome: 'refused', reason, unsent: true };
  }
  const headers = signedHeaders(secrets, { id, body, at: clock.now() });
  const loopback = env()[envNames.webhookLoopback] === '1';
  return await postWebhook({ url, body, headers, timeoutMs: Math.min(deliveryMs, remainingMs()), loopback });
}
