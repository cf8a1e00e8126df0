import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { appParams, optionalIdentifier } from '#contracts/parameters.ts';
import { fileAnswer, fileViews, quotaAnswer } from '#contracts/views.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { listStagedFiles } from '#core/extensions/staged-files.ts';
import { clock, files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description: "What a setup screen restores after a reload or on another device: the caller's unexpired staged files.",
  params: appParams,
  query: z.object({ purpose: optionalIdentifier, draftId: optionalIdentifier }),
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), stagedQuota: quotaAnswer }),
} satisfies Contract;

export const handler = serve('extensions/setup-files-staged-list', contract, async ({ caller, params, query }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const { items, stagedQuota } = await listStagedFiles({ files: files(), clock }, owner, query, appSettings);
  return { items: await fileViews(items, signer()), stagedQuota };
});
