import { completeDirectUpload } from '#core/uploads/direct-upload.ts';
import type { Contract } from '#http/contract.ts';
import { completeJson } from '#http/fields.ts';
import { enveloped, newUploadAnswer, newUploadView, success } from '#http/upload-views.ts';
import { storeUploadDeps, uploadPlaces, uploadSettings, uploads } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { json: completeJson, success: 200, answer: enveloped(newUploadAnswer) } satisfies Contract;

/**
 * Stores what was PUT; answers like the form upload, however often it is called (docs/contract.md, "Direct upload").
 */
export const handler = serve('uploads/complete', contract, async ({ caller: { userId }, json: { uploadId } }) => {
  const deps = { ...storeUploadDeps(), uploads: uploads() };
  const file = await completeDirectUpload(deps, { uploadId, userId }, await uploadSettings().get());
  return success('file Uploaded Successfully', newUploadView(file, uploadPlaces()));
});
