/** What a deploy setting may be that tells of files. */
import * as z from 'zod';
import { secretKeyArn, secretName, url } from './config-values.ts';

/** What can be told of files; the worker knows the same (`functions/core/events`). */
export const eventTypes = ['file.ready', 'file.claimed', 'file.released', 'file.deleted', 'quota.near'] as const;

export type EventType = (typeof eventTypes)[number];

/** Lambda's limit is 4,096 characters a function, the names of queues among them. */
const mostWebhookText = 1_500;

const webhook = z.strictObject({
  /** Where events are posted. Redirects are not followed, and no private address is connected to. */
  url,
  /** What is posted there; everything when left out. */
  events: z
    .array(z.enum(eventTypes, `must be of ${eventTypes.join(', ')}`))
    .min(1)
    .optional(),
  /** Secrets Manager name (not ARN) of the secret it is signed with: `whsec_...`, or two of them while it is rotated. */
  secretName,
  /** As `r2.secretKeyArn`. */
  secretKeyArn: secretKeyArn.optional(),
});

/** Where what became of files is told. */
export const events = z.strictObject({
  /** A bus that is there already; the stack makes one of its own, `stowage-<stage>`, when left out. */
  busName: z
    .string()
    .regex(/^(?!aws\.)[\w.-]{1,256}$/, 'must be the name of an event bus in this account and region, not its ARN')
    .optional(),
  webhooks: z
    .array(webhook)
    .max(5, 'must be at most 5: let a rule of the bus reach more')
    .refine(
      (all) => all.reduce((sum, one) => sum + one.url.length + one.secretName.length, 0) <= mostWebhookText,
      `must have shorter addresses and secret names, of ${mostWebhookText} characters in all: a function's environment holds no more`,
    )
    .refine((all) => new Set(all.map((one) => one.url)).size === all.length, 'must each have a URL of its own')
    .default([]),
});
