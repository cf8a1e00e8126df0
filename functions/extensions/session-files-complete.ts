import * as z from 'zod/mini';
import { completeImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { sessionUpload } from '#core/extensions/session-files.ts';
import type { Contract } from '#http/contract.ts';
import { completeJson } from '#http/fields.ts';
import { fileAnswer, fileView } from '#http/views.ts';
import { clock, gate, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: completeJson,
  success: 201,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/**
 * Stores what was PUT; answers like the form upload, however often it is called (docs/contract.md, "Direct upload").
 */
export const handler = serve('extensions/session-files-complete', contract, async ({ caller, json }) => {
  const appSettings = await requireStorage(gate(), caller.appId);
  const upload = { uploadId: json.uploadId, authorize: sessionUpload({ clock }, caller) };
  const stored = await completeImage(storeDeps(), upload, appSettings);
  return { file: await fileView(stored, signer()) };
});
