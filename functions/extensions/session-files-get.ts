import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { sessionFileParams } from '#contracts/parameters.ts';
import { fileAnswer, sessionFileView } from '#contracts/views.ts';
import { requireBucket } from '#core/extensions/gate.ts';
import { getSessionFile } from '#core/extensions/session-files.ts';
import { clock, fileReader, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: 'A fresh link for a file id the extension keeps; of a clone, for a file of its template too.',
  params: sessionFileParams,
  success: 200,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/** docs/contract.md, "Session files". */
export const handler = serve('extensions/session-files-get', contract, async ({ caller, params }) => {
  await requireBucket(gate(), caller.appId);
  const file = await getSessionFile({ files: fileReader(), clock }, caller, params.fileId);
  return { file: await sessionFileView(file, caller, signer()) };
});
