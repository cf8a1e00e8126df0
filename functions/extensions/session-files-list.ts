import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { pageQuery, sessionParams } from '#contracts/parameters.ts';
import { fileAnswer, fileViews } from '#contracts/views.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description: "The session's files, newest first; all of them unless a limit or a cursor is given.",
  params: sessionParams,
  query: pageQuery,
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('extensions/session-files-list', contract, async ({ caller, query }) => {
  await requireStorage(gate(), caller.appId);
  const limit = query.limit ?? (query.cursor === undefined ? undefined : 50);
  const page = await files().listBySession(caller, { limit, cursor: query.cursor });
  return { items: await fileViews(page.items, signer()), cursor: page.cursor };
});
