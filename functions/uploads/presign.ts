import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { cleanFileName } from '#contracts/file-name.ts';
import { uploadRefusals } from '#contracts/refusals.ts';
import { presignUploadJson } from '#contracts/upload-fields.ts';
import { enveloped, requirePlace, success } from '#contracts/upload-views.ts';
import { presignUpload, unknownType } from '#core/uploads/direct-upload.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { mimeOf } from '#http/multipart-body.ts';
import { presignDeps, scanPolicy, uploadPlaces, uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description: 'Begins the upload of a file that no form can carry; public unless `private` says otherwise.',
  json: presignUploadJson,
  success: 200,
  answer: enveloped(presignAnswer),
  idempotent: true,
  refuses: uploadRefusals,
} satisfies Contract;

/** docs/contract.md, "Direct upload". */
export const handler = serve('uploads/presign', contract, async ({ caller: { userId }, json, headers }) => {
  const visibility = json.private ? 'private' : 'public';
  requirePlace(json.private ? 'default' : 'public', uploadPlaces());
  const request = {
    userId,
    visibility,
    originalName: cleanFileName(json.filename),
    mimeType: mimeOf(json.mimeType ?? '')?.essence ?? unknownType,
    declaredType: json.mimeType || unknownType,
    sizeBytes: json.sizeBytes,
    coinName: json.coinName,
    scan: scanPolicy(),
    idempotency: idempotencyOf(headers, ['upload presign', userId], { fields: json }),
  } as const;
  return success('Success', await presignUpload(presignDeps(), request, await uploadSettings().get()));
});
