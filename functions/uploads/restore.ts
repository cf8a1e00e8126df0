import type { Contract } from '#contracts/contract.ts';
import { uploadParams } from '#contracts/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#contracts/upload-views.ts';
import { restoreUpload } from '#core/uploads/own-uploads.ts';
import { clock, fileReader, uploadPlaces, uploads } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description: 'Takes a deletion back while the grace period lasts: same id, name, address and place in the lists.',
  params: uploadParams,
  success: 200,
  answer: enveloped(uploadAnswer),
  refuses: ['grace_period_over', 'file_rejected'],
} satisfies Contract;

/** docs/contract.md, "Restore a file". */
export const handler = serve('uploads/restore', contract, async ({ caller: { userId }, params }) => {
  const file = await restoreUpload({ files: fileReader(), uploads: uploads(), clock }, { userId, fileId: params.id });
  return success('Success', uploadView(file, uploadPlaces()));
});
