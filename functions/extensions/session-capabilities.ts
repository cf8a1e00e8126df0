import * as z from 'zod/mini';
import type { Contract } from '#http/contract.ts';
import { settings } from '#runtime/container.ts';
import { isStorageConfigured } from '#runtime/env.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  success: 200,
  answer: z.object({
    enabled: z.boolean(),
    provider: z.literal('r2'),
    r2Configured: z.boolean(),
    settings: z.object({
      enabled: z.boolean(),
      maxFileBytes: z.number(),
      maxBytesPerApp: z.number(),
      maxBytesPerSession: z.number(),
      maxStagedBytesPerUserPerApp: z.number(),
      allowedMimePrefixes: z.array(z.string()),
    }),
  }),
} satisfies Contract;

/** Asked before an extension shows upload controls (seed 1, "Capabilities"); answers when storage is off, too. */
export const handler = serve('extensions/session-capabilities', contract, async ({ caller }) => {
  const {
    enabled,
    maxFileBytes,
    maxBytesPerApp,
    maxBytesPerSession,
    maxStagedBytesPerUserPerApp,
    allowedMimePrefixes,
  } = await settings().get(caller.appId);
  return {
    enabled,
    provider: 'r2',
    r2Configured: isStorageConfigured(),
    settings: {
      enabled,
      maxFileBytes,
      maxBytesPerApp,
      maxBytesPerSession,
      maxStagedBytesPerUserPerApp,
      allowedMimePrefixes,
    },
  };
});
