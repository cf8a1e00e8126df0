import * as z from 'zod/mini';
import { completeImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { ownUpload } from '#core/extensions/session-files.ts';
import { readStagedQuota } from '#core/extensions/staged-files.ts';
import type { Contract } from '#http/contract.ts';
import { appParams, completeJson } from '#http/fields.ts';
import { fileAnswer, fileView, quotaAnswer } from '#http/views.ts';
import { clock, files, gate, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  json: completeJson,
  success: 201,
  answer: z.object({ file: fileAnswer, stagedQuota: quotaAnswer }),
} satisfies Contract;

/**
 * Stages what was PUT; answers like the form upload, however often it is called (docs/contract.md, "Direct upload").
 */
export const handler = serve('extensions/setup-files-complete', contract, async ({ caller, params, json }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const upload = { uploadId: json.uploadId, authorize: ownUpload({ clock }, owner) };
  const stored = await completeImage(storeDeps(), upload, appSettings);
  const stagedQuota = await readStagedQuota({ files: files(), clock }, owner, appSettings);
  return { file: await fileView(stored, signer()), stagedQuota };
});
