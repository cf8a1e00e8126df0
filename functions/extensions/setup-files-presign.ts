import type { Contract } from '#contracts/contract.ts';
import { presignAnswer, stagePresignJson } from '#contracts/fields.ts';
import { appParams } from '#contracts/parameters.ts';
import { stagedFileRefusals } from '#contracts/refusals.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { gate } from '#runtime/container.ts';
import { presignDirectImage } from '#runtime/extension-images.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description: 'Begins the direct upload of an image of a setup screen; it is staged once it is completed.',
  params: appParams,
  json: stagePresignJson,
  success: 201,
  answer: presignAnswer,
  idempotent: true,
  refuses: stagedFileRefusals,
} satisfies Contract;

/** docs/contract.md, "Direct upload". */
export const handler = serve('extensions/setup-files-presign', contract, async ({ caller, params, json, ...sent }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const target = { kind: 'setup', appId: params.appId, userId: caller.userId, draftId: json.draftId } as const;
  return await presignDirectImage(target, json, sent, appSettings);
});
