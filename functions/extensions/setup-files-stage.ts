import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { stageForm } from '#contracts/fields.ts';
import { appParams } from '#contracts/parameters.ts';
import { stagedFileRefusals } from '#contracts/refusals.ts';
import { fileAnswer, fileView, quotaAnswer } from '#contracts/views.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { readStagedQuota } from '#core/extensions/staged-files.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { clock, files, gate, loadImages, signer } from '#runtime/container.ts';
import { storeFormImage } from '#runtime/extension-images.ts';
import { serveForm } from '#runtime/serve-form.ts';

export const contract = {
  tag: 'extensions, setup',
  description: 'Stages an image of a setup screen until its config is saved or it expires.',
  params: appParams,
  form: stageForm,
  success: 201,
  answer: z.object({ file: fileAnswer, stagedQuota: quotaAnswer }),
  idempotent: true,
  refuses: stagedFileRefusals,
} satisfies Contract;

loadImages();

/** docs/contract.md, "Setup staging". */
export const handler = serveForm(
  'extensions/setup-files-stage',
  contract,
  async ({ params }) => {
    const direct = directRoutes('extensions/setup-files-presign', 'extensions/setup-files-complete', params);
    return { ...(await requireStorage(gate(), params.appId)), direct };
  },
  async ({ caller, params, limits, ...form }) => {
    const owner = { appId: params.appId, userId: caller.userId };
    const stored = await storeFormImage({ kind: 'setup', ...owner, draftId: form.fields.draftId }, form, limits);
    const stagedQuota = await readStagedQuota({ files: files(), clock }, owner, limits);
    return { file: await fileView(stored, signer()), stagedQuota };
  },
);
