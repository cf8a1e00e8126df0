import * as z from 'zod/mini';
import { appsQuery, defaultPageSize } from '#contracts/admin-queries.ts';
import { appSummaryAnswer, appSummaryView } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { listApps } from '#core/extensions/administration/apps.ts';
import { apps } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Every app that an administrator set something for, or that has a key, in the order of their ids. `cursor` appears where there are more; with `search` a page may be short, even empty, before the last.',
  query: appsQuery,
  success: 200,
  answer: z.object({ items: z.array(appSummaryAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/apps-list', contract, async ({ query: { limit = defaultPageSize, ...query } }) => {
  const page = await listApps(apps(), { ...query, limit });
  return { ...page, items: page.items.map(appSummaryView) };
});
