import { presignImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import type { Contract } from '#http/contract.ts';
import { presignAnswer, presignJson } from '#http/fields.ts';
import { cleanFileName } from '#http/file-name.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { gate, presignDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: presignJson,
  success: 201,
  answer: presignAnswer,
} satisfies Contract;

/** Reserves room in the session for an image that goes straight to R2 (docs/contract.md, "Direct upload"). */
export const handler = serve('extensions/session-files-presign', contract, async ({ caller, json, headers }) => {
  const appSettings = await requireStorage(gate(), caller.appId);
  const request = {
    target: { kind: 'session' as const, ...caller },
    originalName: cleanFileName(json.filename),
    mimeType: json.mimeType,
    sizeBytes: json.sizeBytes,
    purpose: json.purpose,
    idempotency: idempotencyOf(headers, ['session presign', caller.appId, caller.sessionId, caller.lockId], {
      fields: json,
    }),
  };
  return await presignImage(presignDeps(), request, appSettings);
});
