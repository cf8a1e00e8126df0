import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { quotaAnswer } from '#contracts/views.ts';
import { readStagedQuota } from '#core/extensions/staged-files.ts';
import { clock, fileReader, settings } from '#runtime/container.ts';
import { isStorageConfigured } from '#runtime/env.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description: 'Asked before a setup screen shows upload controls.',
  params: appParams,
  success: 200,
  answer: z.object({
    enabled: z.boolean(),
    provider: z.literal('r2'),
    r2Configured: z.boolean(),
    supportsStagedSetupFiles: z.boolean(),
    stagedQuota: quotaAnswer,
  }),
} satisfies Contract;

/** docs/contract.md, "Setup staging". */
export const handler = serve('extensions/setup-capabilities', contract, async ({ caller, params }) => {
  const appSettings = await settings().get(params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const r2Configured = isStorageConfigured();
  return {
    enabled: appSettings.enabled,
    provider: 'r2',
    r2Configured,
    supportsStagedSetupFiles: appSettings.enabled && r2Configured,
    stagedQuota: await readStagedQuota({ files: fileReader(), clock }, owner, appSettings),
  };
});
