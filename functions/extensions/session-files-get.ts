import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { getSessionFile } from '#core/extensions/session-files.ts';
import type { Contract } from '#http/contract.ts';
import { sessionFileParams } from '#http/fields.ts';
import { fileAnswer, fileView } from '#http/views.ts';
import { clock, files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: sessionFileParams,
  success: 200,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/** A fresh link for a file id the extension keeps (docs/contract.md, "Session files"). */
export const handler = serve('extensions/session-files-get', contract, async ({ caller, params }) => {
  await requireStorage(gate(), caller.appId);
  const file = await getSessionFile({ files: files(), clock }, caller, params.fileId);
  return { file: await fileView(file, signer()) };
});
