import * as z from 'zod/mini';
import { deleteComplianceDocument } from '#core/organizations/compliance.ts';
import { type Contract, identifier } from '#http/contract.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: z.object({ orgId: identifier, documentId: z.string() }),
  success: 204,
} satisfies Contract;

/** Refused with `retained_until` for seven years, whatever the bucket's own lock says. */
export const handler = serve('platform/compliance-documents-delete', contract, async ({ params }) => {
  await deleteComplianceDocument(organizationDeps(), params);
});
