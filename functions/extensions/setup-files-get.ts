import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { appFileParams } from '#contracts/parameters.ts';
import { fileAnswer, fileView } from '#contracts/views.ts';
import { requireBucket } from '#core/extensions/gate.ts';
import { getOwnFile } from '#core/extensions/session-files.ts';
import { clock, fileReader, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description: "Refreshes a setup preview of the caller's own file, staged or claimed.",
  params: appFileParams,
  success: 200,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/** docs/contract.md, "Claims". */
export const handler = serve('extensions/setup-files-get', contract, async ({ caller, params }) => {
  await requireBucket(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const file = await getOwnFile({ files: fileReader(), clock }, owner, params.fileId);
  return { file: await fileView(file, signer()) };
});
