import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { completeJson } from '#contracts/fields.ts';
import { appParams } from '#contracts/parameters.ts';
import { stagedFileRefusals } from '#contracts/refusals.ts';
import { fileAnswer, fileView, quotaAnswer } from '#contracts/views.ts';
import { completeImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { ownUpload } from '#core/extensions/session-files.ts';
import { readStagedQuota } from '#core/extensions/staged-files.ts';
import { clock, files, gate, loadImages, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description: 'Stages what was PUT; answers like the form upload, however often it is called.',
  params: appParams,
  json: completeJson,
  success: 201,
  answer: z.object({ file: fileAnswer, stagedQuota: quotaAnswer }),
  refuses: stagedFileRefusals,
} satisfies Contract;

loadImages();

/** docs/contract.md, "Direct upload". */
export const handler = serve('extensions/setup-files-complete', contract, async ({ caller, params, json }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const upload = { uploadId: json.uploadId, authorize: ownUpload({ clock }, owner) };
  const stored = await completeImage(storeDeps(), upload, appSettings);
  const stagedQuota = await readStagedQuota({ files: files(), clock }, owner, appSettings);
  return { file: await fileView(stored, signer()), stagedQuota };
});
