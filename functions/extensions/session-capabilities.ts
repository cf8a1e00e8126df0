import * as z from 'zod/mini';
import { appSettingsAnswer } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { settings } from '#runtime/container.ts';
import { isStorageConfigured } from '#runtime/env.ts';
import { serve } from '#runtime/serve.ts';

/** Of an app's settings what an extension is shown (docs/contract.md, "Capabilities"); the rest is left out. */
const shownSettings = z.pick(appSettingsAnswer, {
  enabled: true,
  maxFileBytes: true,
  maxBytesPerApp: true,
  maxBytesPerSession: true,
  maxStagedBytesPerUserPerApp: true,
  allowedMimePrefixes: true,
});

export const contract = {
  success: 200,
  answer: z.object({
    enabled: z.boolean(),
    provider: z.literal('r2'),
    r2Configured: z.boolean(),
    settings: shownSettings,
  }),
} satisfies Contract;

/**
 * Asked before an extension shows upload controls (docs/contract.md, "Capabilities"); answers when storage is off, too.
 */
export const handler = serve('extensions/session-capabilities', contract, async ({ caller }) => {
  const appSettings = await settings().get(caller.appId);
  return {
    enabled: appSettings.enabled,
    provider: 'r2',
    r2Configured: isStorageConfigured(),
    settings: z.parse(shownSettings, appSettings),
  };
});
