import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { defaultLimit, organizationParams } from '#contracts/organization-fields.ts';
import { documentAnswer, documentView } from '#contracts/organization-views.ts';
import { pageQuery } from '#contracts/parameters.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { organizationReader } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description:
    'The signed PDFs of an organization, newest first. A link is given for each on its own, when it is opened.',
  params: organizationParams,
  query: pageQuery,
  success: 200,
  answer: z.object({ items: z.array(documentAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

/** docs/contract.md, "Compliance documents". */
export const handler = serve('platform/compliance-documents-list', contract, async ({ params, query }) => {
  const { limit = defaultLimit, cursor } = query;
  return await boundedPage(
    { limit, cursor },
    {
      read: (page) => organizationReader().listDocuments(params.orgId, page),
      view: documentView,
      cursorOf: ({ id }) => id,
    },
  );
});
