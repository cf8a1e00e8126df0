import { defaultPageSize, usageQuery } from '#contracts/admin-queries.ts';
import { dayView, namedUsageView, usageAnswer } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { usageBy, usageByDay } from '#core/extensions/administration/usage.ts';
import { usageHistory } from '#runtime/admin-container.ts';
import { clock, fileReader } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    '`by=session` and `by=user` (what users have staged): what each uses now, in the order of what the last hourly reconcile saw. `by=day`: newest first, today as it is now and the days before as the first run of each day saw them; kept for 90 days and a month.',
  params: appParams,
  query: usageQuery,
  success: 200,
  answer: usageAnswer,
} satisfies Contract;

export const handler = serve('admin/app-usage', contract, async ({ params: { appId }, query }) => {
  const { by, limit = by === 'day' ? 90 : defaultPageSize, cursor } = query;
  if (by === 'day') {
    const page = await usageByDay({ history: usageHistory(), files: fileReader(), clock }, appId, { limit, cursor });
    return { by, ...page, items: page.items.map(dayView) };
  }
  const page = await usageBy(usageHistory(), by === 'user' ? 'staged' : 'session', appId, { limit, cursor });
  return { by, ...page, items: page.items.map((usage) => namedUsageView(by, usage)) };
});
