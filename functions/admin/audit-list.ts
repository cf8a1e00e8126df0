import * as z from 'zod/mini';
import { auditQuery, defaultPageSize } from '#contracts/admin-queries.ts';
import { auditAnswer, auditView } from '#contracts/audit-view.ts';
import type { Contract } from '#contracts/contract.ts';
import { auditLog } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Who changed what, and when: of everything, or of one app. Entries are kept for 400 days, and hold no secret.',
  query: auditQuery,
  success: 200,
  answer: z.object({ items: z.array(auditAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

/** docs/contract.md, "Audit". */
export const handler = serve('admin/audit-list', contract, async ({ query }) => {
  const { appId, limit = defaultPageSize, cursor } = query;
  const page = await auditLog().list({ appId }, { limit, cursor });
  return { ...page, items: page.items.map(auditView) };
});
