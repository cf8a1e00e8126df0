import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { readStagedQuota } from '#core/extensions/staged-files.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import type { Contract } from '#http/contract.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { appParams, stageForm } from '#http/fields.ts';
import { cleanFileName } from '#http/file-name.ts';
import { readForm } from '#http/form.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { fileAnswer, fileView, quotaAnswer } from '#http/views.ts';
import { clock, files, gate, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  form: stageForm,
  success: 201,
  answer: z.object({ file: fileAnswer, stagedQuota: quotaAnswer }),
} satisfies Contract;

/** Stages an image of a setup screen until its config is saved or it expires (docs/contract.md, "Setup staging"). */
export const handler = serve('extensions/setup-files-stage', contract, async ({ caller, params, body, headers }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const direct = directRoutes('extensions/setup-files-presign', 'extensions/setup-files-complete', params);
  const { file, fields } = await readForm(body, contract.form, { ...appSettings, direct });
  const owner = { appId: params.appId, userId: caller.userId };
  const stored = await storeImage(
    storeDeps(),
    {
      target: { kind: 'setup', ...owner, draftId: fields.draftId },
      bytes: file.bytes,
      originalName: cleanFileName(file.filename),
      purpose: fields.purpose,
      idempotency: idempotencyOf(headers, ['setup', owner.appId, owner.userId], { bytes: file.bytes, fields }),
    },
    appSettings,
  );
  const stagedQuota = await readStagedQuota({ files: files(), clock }, owner, appSettings);
  return { file: await fileView(stored, signer()), stagedQuota };
});
