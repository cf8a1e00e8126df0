import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { appParams, identifier } from '#contracts/parameters.ts';
import { claimFiles } from '#core/extensions/claims/claim.ts';
import { requireEnabled } from '#core/extensions/gate.ts';
import { claims, cleanupQueue, clock, files, scheduleDelete, settings } from '#runtime/container.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description:
    'Called by the platform when it saves a lock or template config, before it persists the config it gets back. With `replace`, files of earlier configs that this one no longer names are released; a roll back does not bring them back.',
  params: appParams,
  json: z.object({
    userId: identifier,
    target: z.object({
      type: z.enum(['lock', 'template']),
      id: identifier,
      sessionId: z.optional(identifier),
    }),
    config: z.unknown(),
    replace: z.optional(z.boolean()),
  }),
  success: 200,
  answer: z.object({
    claimId: z.string(),
    config: z.unknown(),
    claimed: z.array(z.string()),
    deleted: z.array(z.string()),
  }),
  refuses: ['file_already_claimed', 'extension_session_storage_quota_exceeded', 'staged_file_expired'],
  idempotent: 'answered',
} satisfies Contract;

export const handler = serveOnce('platform/claims-create', contract, async ({ params: { appId }, json }) => {
  const deps = { claims: claims(), files: files(), clock, queue: cleanupQueue(), scheduleDelete: scheduleDelete() };
  return await claimFiles(deps, { appId, ...json }, () => requireEnabled({ settings: settings() }, appId));
});
