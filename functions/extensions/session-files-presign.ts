import type { Contract } from '#contracts/contract.ts';
import { presignAnswer, presignJson } from '#contracts/fields.ts';
import { sessionParams } from '#contracts/parameters.ts';
import { sessionFileRefusals } from '#contracts/refusals.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { gate } from '#runtime/container.ts';
import { presignDirectImage } from '#runtime/extension-images.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: 'Reserves room in the session for an image that goes straight to R2.',
  params: sessionParams,
  json: presignJson,
  success: 201,
  answer: presignAnswer,
  idempotent: true,
  refuses: sessionFileRefusals,
} satisfies Contract;

/** docs/contract.md, "Direct upload". */
export const handler = serve('extensions/session-files-presign', contract, async ({ caller, json, ...sent }) => {
  const appSettings = await requireStorage(gate(), caller.appId);
  return await presignDirectImage({ kind: 'session', ...caller }, json, sent, appSettings);
});
