import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { pageQuery, sessionParams } from '#contracts/parameters.ts';
import { fileAnswer, sessionFileView } from '#contracts/views.ts';
import { requireBucket } from '#core/extensions/gate.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { fileReader, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description:
    "The session's files, newest first, and those of the template its lock is a clone of (`readOnly`): as many as the limit says, or without one as many as an answer carries. `cursor` appears where there are more.",
  params: sessionParams,
  query: pageQuery,
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('extensions/session-files-list', contract, async ({ caller, query }) => {
  await requireBucket(gate(), caller.appId);
  return await boundedPage(query, {
    read: (page) => fileReader().listBySession(caller, page),
    view: (file) => sessionFileView(file, caller, signer()),
    cursorOf: ({ id }) => id,
  });
});
