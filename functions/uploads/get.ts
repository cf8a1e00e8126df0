import { getUpload } from '#core/uploads/own-uploads.ts';
import type { Contract } from '#http/contract.ts';
import { uploadParams } from '#http/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#http/upload-views.ts';
import { clock, files, uploadPlaces } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { params: uploadParams, success: 200, answer: enveloped(uploadAnswer) } satisfies Contract;

/**
 * One of the caller's files; a deleted one with `status` false until its grace period ends
 * (docs/contract.md, "File details").
 */
export const handler = serve('uploads/get', contract, async ({ caller: { userId }, params }) => {
  const file = await getUpload({ files: files(), clock }, { userId, fileId: params.id });
  return success('Success', uploadView(file, uploadPlaces()));
});
