import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { identifier, madeId } from '#contracts/parameters.ts';
import { deleteComplianceDocument } from '#core/organizations/compliance.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description: "Refused with `retained_until` for seven years, whatever the bucket's own lock says.",
  params: z.object({ orgId: identifier, documentId: madeId }),
  success: 204,
  refuses: ['retained_until'],
} satisfies Contract;

export const handler = serve('platform/compliance-documents-delete', contract, async ({ params }) => {
  await deleteComplianceDocument(organizationDeps(), params);
});
