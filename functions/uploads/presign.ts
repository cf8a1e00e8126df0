import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { cleanFileName } from '#contracts/file-name.ts';
import { partsAnswer, partsView } from '#contracts/parts-view.ts';
import { uploadRefusals } from '#contracts/refusals.ts';
import { presignUploadJson } from '#contracts/upload-fields.ts';
import { enveloped, requirePlace, success } from '#contracts/upload-views.ts';
import { presignUpload, unknownType } from '#core/uploads/direct-upload.ts';
import { presignParts } from '#core/uploads/part-upload.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { mimeOf } from '#http/multipart-body.ts';
import { partDeps, presignDeps, scanPolicy, uploadPlaces, uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'uploads',
  description:
    'Begins the upload of a file that no form can carry, by one PUT or, with `parts`, by one for each part; public unless `private` says otherwise.',
  json: presignUploadJson,
  success: 200,
  answer: enveloped(z.union([presignAnswer, partsAnswer])),
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
  const settings = await uploadSettings().get();
  if (json.parts) return success('Success', partsView(await presignParts(partDeps(), request, settings)));
  return success('Success', await presignUpload(presignDeps(), request, settings));
});
