import * as z from 'zod/mini';
import { reportsQuery } from '#contracts/admin-queries.ts';
import type { Contract } from '#contracts/contract.ts';
import { keptReportAnswer } from '#contracts/reconcile-view.ts';
import { reports } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Reports of the last thirty days, of the hourly runs and of those that an administrator asked for; a dry run leaves none. Twenty a page unless told.',
  query: reportsQuery,
  success: 200,
  answer: z.object({ items: z.array(keptReportAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/reconcile-reports', contract, async ({ query: { limit = 20, cursor } }) =>
  reports().listReports({ limit, cursor }),
);
