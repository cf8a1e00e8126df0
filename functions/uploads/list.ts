import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { listQuery } from '#contracts/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#contracts/upload-views.ts';
import { listUploads } from '#core/uploads/own-uploads.ts';
import { clock, uploadPlaces, uploadReader } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

/** Files on a page that names no limit (docs/contract.md, "List files"). */
const defaultLimit = 10;

const page = z.object({
  count: z.number(),
  pages: z.number(),
  data: z.array(uploadAnswer),
  cursor: z.optional(z.string()),
});

export const contract = {
  tag: 'uploads',
  description:
    "The caller's files, newest first; with `deleted=true` those that were deleted and may be restored. `cursor` appears where the request walks by cursor.",
  query: listQuery,
  success: 200,
  answer: enveloped(page),
} satisfies Contract;

/** docs/contract.md, "List files". */
export const handler = serve('uploads/list', contract, async ({ caller, query }) => {
  const { page = 1, limit = defaultLimit, deleted, ...rest } = query;
  const places = uploadPlaces();
  const asked = { ...rest, deleted: deleted === 'true', page, limit };
  const found = await listUploads({ uploads: uploadReader(), clock }, caller.userId, asked);
  const { count, pages, cursor } = found;
  return success('OK', { count, pages, data: found.items.map((file) => uploadView(file, places)), cursor });
});
