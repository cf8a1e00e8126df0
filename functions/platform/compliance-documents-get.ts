import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { documentAnswer, documentView } from '#contracts/organization-views.ts';
import { identifier, madeId } from '#contracts/parameters.ts';
import { openDocument } from '#core/organizations/documents.ts';
import { organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description: 'A signed PDF and a fresh link to it; the link works for 60 seconds.',
  params: z.object({ orgId: identifier, documentId: madeId }),
  success: 200,
  answer: z.object({ document: documentAnswer, url: z.string(), expiresAt: z.string() }),
} satisfies Contract;

/** docs/contract.md, "Compliance documents". */
export const handler = serve('platform/compliance-documents-get', contract, async ({ params }) => {
  const { document, link } = await openDocument({ organizations: organizationReader(), signer: signer() }, params);
  return { document: documentView(document), url: link.url, expiresAt: link.expiresAt.toISOString() };
});
