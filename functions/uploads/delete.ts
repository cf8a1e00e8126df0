import type { Contract } from '#contracts/contract.ts';
import { uploadParams } from '#contracts/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#contracts/upload-views.ts';
import { deleteUpload } from '#core/uploads/own-uploads.ts';
import { clock, files, scheduleDelete, uploadPlaces, uploadSettings, uploads } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description:
    'Takes a file out of its lists at once and away after the grace period; gives up a direct upload that is not completed. Answers the file as it is then.',
  params: uploadParams,
  success: 200,
  answer: enveloped(uploadAnswer),
  refuses: ['file_rejected'],
} satisfies Contract;

export const handler = serve('uploads/delete', contract, async ({ caller: { userId }, params }) => {
  const settings = await uploadSettings().get();
  const deps = { files: files(), uploads: uploads(), clock, scheduleDelete: scheduleDelete() };
  const file = await deleteUpload(deps, { userId, fileId: params.id }, settings);
  return success('Success', uploadView(file, uploadPlaces()));
});
