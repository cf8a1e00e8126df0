import type { Contract } from '#contracts/contract.ts';
import { uploadParams } from '#contracts/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#contracts/upload-views.ts';
import { getUpload } from '#core/uploads/own-uploads.ts';
import { clock, fileReader, uploadPlaces } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description: "One of the caller's files; a deleted one with `status` false until its grace period ends.",
  params: uploadParams,
  success: 200,
  answer: enveloped(uploadAnswer),
  refuses: ['file_rejected'],
} satisfies Contract;

/** docs/contract.md, "File details". */
export const handler = serve('uploads/get', contract, async ({ caller: { userId }, params }) => {
  const file = await getUpload({ files: fileReader(), clock }, { userId, fileId: params.id });
  return success('Success', uploadView(file, uploadPlaces()));
});
