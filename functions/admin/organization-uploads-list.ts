import * as z from 'zod/mini';
import { defaultPageSize, organizationParams, organizationUploadsQuery } from '#contracts/admin-queries.ts';
import { organizationUploadAnswer, organizationUploadView } from '#contracts/admin-upload-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { clock, organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Every file of an organization that is not being deleted: awaited, staged or kept. Links to documents and exports live a minute.',
  params: organizationParams,
  query: organizationUploadsQuery,
  success: 200,
  answer: z.object({ items: z.array(organizationUploadAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/organization-uploads-list', contract, async ({ params: { orgId }, query }) => {
  const { limit = defaultPageSize, cursor, links = true } = query;
  const page = await organizationReader().listFiles(orgId, { limit, cursor });
  const [now, signing] = [clock.now(), links && page.items.length > 0 ? signer() : undefined];
  return { ...page, items: await Promise.all(page.items.map((file) => organizationUploadView(file, now, signing))) };
});
