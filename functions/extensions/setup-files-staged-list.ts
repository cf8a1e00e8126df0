import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { listStagedFiles } from '#core/extensions/staged-files.ts';
import { type Contract, optionalIdentifier } from '#http/contract.ts';
import { appParams } from '#http/fields.ts';
import { fileAnswer, fileViews, quotaAnswer } from '#http/views.ts';
import { clock, files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  query: z.object({ purpose: optionalIdentifier, draftId: optionalIdentifier }),
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), stagedQuota: quotaAnswer }),
} satisfies Contract;

/** What a setup screen restores after a reload or on another device: the caller's unexpired staged files. */
export const handler = serve('extensions/setup-files-staged-list', contract, async ({ caller, params, query }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const { items, stagedQuota } = await listStagedFiles({ files: files(), clock }, owner, query, appSettings);
  return { items: await fileViews(items, signer()), stagedQuota };
});
