import { presignImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import type { Contract } from '#http/contract.ts';
import { appParams, presignAnswer, stagePresignJson } from '#http/fields.ts';
import { cleanFileName } from '#http/file-name.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { gate, presignDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  json: stagePresignJson,
  success: 201,
  answer: presignAnswer,
} satisfies Contract;

/**
 * Begins the direct upload of an image of a setup screen; it is staged once it is completed
 * (docs/contract.md, "Direct upload").
 */
export const handler = serve('extensions/setup-files-presign', contract, async ({ caller, params, json, headers }) => {
  const appSettings = await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const request = {
    target: { kind: 'setup' as const, ...owner, draftId: json.draftId },
    originalName: cleanFileName(json.filename),
    mimeType: json.mimeType,
    sizeBytes: json.sizeBytes,
    purpose: json.purpose,
    idempotency: idempotencyOf(headers, ['setup presign', owner.appId, owner.userId], { fields: json }),
  };
  return await presignImage(presignDeps(), request, appSettings);
});
