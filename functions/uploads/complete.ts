import type { Contract } from '#contracts/contract.ts';
import { completeJson } from '#contracts/fields.ts';
import { uploadRefusals } from '#contracts/refusals.ts';
import { enveloped, newUploadAnswer, newUploadView, success } from '#contracts/upload-views.ts';
import { completeDirectUpload } from '#core/uploads/direct-upload.ts';
import { parts, storeUploadDeps, uploadPlaces, uploadSettings, uploads } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description: 'Stores what was PUT; answers like the form upload, however often it is called.',
  json: completeJson,
  success: 200,
  answer: enveloped(newUploadAnswer),
  refuses: [...uploadRefusals, 'file_not_found', 'file_rejected'],
} satisfies Contract;

/** docs/contract.md, "Direct upload". */
export const handler = serve('uploads/complete', contract, async ({ caller: { userId }, json: { uploadId } }) => {
  const deps = { ...storeUploadDeps(), uploads: uploads(), parts: parts() };
  const file = await completeDirectUpload(deps, { uploadId, userId }, await uploadSettings().get());
  return success('file Uploaded Successfully', newUploadView(file, uploadPlaces()));
});
