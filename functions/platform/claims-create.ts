import * as z from 'zod/mini';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { requireEnabled } from '#core/extensions/gate.ts';
import { type Contract, identifier } from '#http/contract.ts';
import { appParams } from '#http/fields.ts';
import { claims, clock, files, scheduleDelete, settings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  json: z.object({
    userId: identifier,
    target: z.object({
      type: z.enum(['lock', 'template']),
      id: identifier,
      sessionId: z.optional(identifier),
    }),
    config: z.unknown(),
  }),
  success: 200,
  answer: z.object({
    claimId: z.string(),
    config: z.unknown(),
    claimed: z.array(z.string()),
    deleted: z.array(z.string()),
  }),
} satisfies Contract;

/** Called by the platform when it saves a lock or template config, before it persists the config it gets back. */
export const handler = serve('platform/claims-create', contract, async ({ params: { appId }, json }) => {
  const deps = { claims: claims(), files: files(), clock, scheduleDelete: scheduleDelete() };
  return await claimFiles(deps, { appId, ...json }, () => requireEnabled({ settings: settings() }, appId));
});
