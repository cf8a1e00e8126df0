import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { getOwnFile } from '#core/extensions/session-files.ts';
import type { Contract } from '#http/contract.ts';
import { appFileParams } from '#http/fields.ts';
import { fileAnswer, fileView } from '#http/views.ts';
import { clock, files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appFileParams,
  success: 200,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/** Refreshes a setup preview of the caller's own file, staged or claimed (docs/contract.md, "Claims"). */
export const handler = serve('extensions/setup-files-get', contract, async ({ caller, params }) => {
  await requireStorage(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const file = await getOwnFile({ files: files(), clock }, owner, params.fileId);
  return { file: await fileView(file, signer()) };
});
