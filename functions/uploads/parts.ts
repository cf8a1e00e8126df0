import type { Contract } from '#contracts/contract.ts';
import { partsAnswer, partsView } from '#contracts/parts-view.ts';
import { partsJson, uploadParams } from '#contracts/upload-fields.ts';
import { enveloped, success } from '#contracts/upload-views.ts';
import { nextParts } from '#core/uploads/part-upload.ts';
import { partDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description:
    'Says which parts of an upload are there, and signs PUTs of those named or of those missing, a hundred at a time. Keeps the upload open for another day, for six days in all.',
  params: uploadParams,
  json: partsJson,
  success: 200,
  answer: enveloped(partsAnswer),
  refuses: ['file_not_found'],
} satisfies Contract;

/** docs/contract.md, "In parts". */
export const handler = serve('uploads/parts', contract, async ({ caller: { userId }, params, json: { numbers } }) => {
  return success('Success', partsView(await nextParts(partDeps(), { uploadId: params.id, userId, numbers })));
});
