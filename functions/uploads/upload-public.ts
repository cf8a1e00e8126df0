import { storeUpload } from '#core/uploads/store-upload.ts';
import type { Contract } from '#http/contract.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { readForm } from '#http/form.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { uploadForm } from '#http/upload-fields.ts';
import { enveloped, newUploadAnswer, newUploadView, requirePlace, success } from '#http/upload-views.ts';
import { storeUploadDeps, uploadPlaces, uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { form: uploadForm, success: 200, answer: enveloped(newUploadAnswer) } satisfies Contract;

/** Stores a file that anybody may open at its `url`, at once (docs/contract.md, "Upload a file"). */
export const handler = serve('uploads/upload-public', contract, async ({ caller: { userId }, body, headers }) => {
  requirePlace('public', uploadPlaces());
  const settings = await uploadSettings().get();
  const direct = directRoutes('uploads/presign', 'uploads/complete', {});
  const { file, fields } = await readForm(body, contract.form, { maxFileBytes: settings.maxFileBytes, direct });
  const upload = {
    userId,
    visibility: 'public' as const,
    bytes: file.bytes,
    originalName: file.filename,
    coinName: fields.coinName,
    idempotency: idempotencyOf(headers, ['upload public', userId], { bytes: file.bytes, fields }),
  };
  const stored = await storeUpload(storeUploadDeps(), upload, settings);
  return success('file Uploaded Successfully', newUploadView(stored, uploadPlaces()));
});
