import { presignUpload, unknownType } from '#core/uploads/direct-upload.ts';
import type { Contract } from '#http/contract.ts';
import { presignAnswer } from '#http/fields.ts';
import { cleanFileName } from '#http/file-name.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { mimeOf } from '#http/multipart-body.ts';
import { presignUploadJson } from '#http/upload-fields.ts';
import { enveloped, requirePlace, success } from '#http/upload-views.ts';
import { presignDeps, uploadPlaces, uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: presignUploadJson,
  success: 200,
  answer: enveloped(presignAnswer),
} satisfies Contract;

/**
 * Begins the upload of a file that no form can carry; public unless `private` says otherwise
 * (docs/contract.md, "Direct upload").
 */
export const handler = serve('uploads/presign', contract, async ({ caller: { userId }, json, headers }) => {
  const visibility = json.private ? 'private' : 'public';
  requirePlace(json.private ? 'default' : 'public', uploadPlaces());
  const request = {
    userId,
    visibility,
    originalName: cleanFileName(json.filename),
    mimeType: mimeOf(json.mimeType ?? '')?.essence ?? unknownType,
    sizeBytes: json.sizeBytes,
    coinName: json.coinName,
    idempotency: idempotencyOf(headers, ['upload presign', userId], { fields: json }),
  } as const;
  return success('Success', await presignUpload(presignDeps(), request, await uploadSettings().get()));
});
