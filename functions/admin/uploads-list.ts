import * as z from 'zod/mini';
import { defaultPageSize, uploadsQuery } from '#contracts/admin-queries.ts';
import { userUploadAnswer, userUploadView } from '#contracts/admin-upload-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { listUploadsOf } from '#core/uploads/administration.ts';
import { clock, signer, uploadReader } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'What a user has stored by the uploads API, or with `state=deleted` what they deleted and may restore; `count` is the length of that list. No link to what is held for a scanner.',
  query: uploadsQuery,
  success: 200,
  answer: z.object({ items: z.array(userUploadAnswer), count: z.number(), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/uploads-list', contract, async ({ query }) => {
  const { ownerId, state = 'stored', limit = defaultPageSize, cursor, links = true } = query;
  const page = await listUploadsOf(uploadReader(), { ownerId, state }, { limit, cursor });
  const [now, signing] = [clock.now(), links && page.items.length > 0 ? signer() : undefined];
  return { ...page, items: await Promise.all(page.items.map((file) => userUploadView(file, now, signing))) };
});
