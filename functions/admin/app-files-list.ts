import * as z from 'zod/mini';
import { appFileAnswer, appFileView } from '#contracts/admin-file-views.ts';
import { appFilesQuery, defaultPageSize } from '#contracts/admin-queries.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { listAppFiles } from '#core/extensions/administration/files.ts';
import { appFiles } from '#runtime/admin-container.ts';
import { clock, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Newest first, in any state. Files that are being deleted are in this list by `state=deleting` only. A request looks at a thousand files at most: where few match, a page may be short, even empty, and its `cursor` goes on.',
  params: appParams,
  query: appFilesQuery,
  success: 200,
  answer: z.object({ items: z.array(appFileAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/app-files-list', contract, async ({ params: { appId }, query }) => {
  const { limit = defaultPageSize, links = true, ...filter } = query;
  const page = await listAppFiles({ store: appFiles(), clock }, appId, { ...filter, limit });
  const [now, signing] = [clock.now(), links && page.items.length > 0 ? signer() : undefined];
  return { ...page, items: await Promise.all(page.items.map((file) => appFileView(file, now, signing))) };
});
