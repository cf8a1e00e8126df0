import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { type Contract, pageQuery } from '#http/contract.ts';
import { fileAnswer, fileViews } from '#http/views.ts';
import { files, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  query: pageQuery,
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

/** The session's files, newest first; all of them unless a limit or a cursor is given. */
export const handler = serve('extensions/session-files-list', contract, async ({ caller, query }) => {
  await requireStorage(gate(), caller.appId);
  const limit = query.limit ?? (query.cursor === undefined ? undefined : 50);
  const page = await files().listBySession(caller, { limit, cursor: query.cursor });
  return { items: await fileViews(page.items, signer()), cursor: page.cursor };
});
