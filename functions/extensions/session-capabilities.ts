import * as z from 'zod/mini';
import { appSettingsAnswer } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { sessionParams } from '#contracts/parameters.ts';
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
  tag: 'extensions, session',
  description: 'Asked before an extension shows upload controls; answers when storage is off, too.',
  params: sessionParams,
  success: 200,
  answer: z.object({
    enabled: z.boolean(),
    provider: z.literal('r2'),
    r2Configured: z.boolean(),
    settings: shownSettings,
  }),
} satisfies Contract;

/** docs/contract.md, "Capabilities". */
export const handler = serve('extensions/session-capabilities', contract, async ({ caller }) => {
  const appSettings = await settings().get(caller.appId);
  return {
    enabled: appSettings.enabled,
    provider: 'r2',
    r2Configured: isStorageConfigured(),
    settings: z.parse(shownSettings, appSettings),
  };
});
