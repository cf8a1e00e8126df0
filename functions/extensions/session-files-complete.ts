import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { completeJson } from '#contracts/fields.ts';
import { sessionParams } from '#contracts/parameters.ts';
import { sessionFileRefusals } from '#contracts/refusals.ts';
import { fileAnswer, fileView } from '#contracts/views.ts';
import { completeImage } from '#core/extensions/direct-images.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { sessionUpload } from '#core/extensions/session-files.ts';
import { clock, gate, loadImages, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: 'Stores what was PUT; answers like the form upload, however often it is called.',
  params: sessionParams,
  json: completeJson,
  success: 201,
  answer: z.object({ file: fileAnswer }),
  refuses: sessionFileRefusals,
} satisfies Contract;

loadImages();

/** docs/contract.md, "Direct upload". */
export const handler = serve('extensions/session-files-complete', contract, async ({ caller, json }) => {
  const appSettings = await requireStorage(gate(), caller.appId);
  const upload = { uploadId: json.uploadId, authorize: sessionUpload({ clock }, caller) };
  const stored = await completeImage(storeDeps(), upload, appSettings);
  return { file: await fileView(stored, signer()) };
});
