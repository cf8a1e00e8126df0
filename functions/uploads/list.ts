import * as z from 'zod/mini';
import { listUploads } from '#core/uploads/own-uploads.ts';
import type { Contract } from '#http/contract.ts';
import { listQuery } from '#http/upload-fields.ts';
import { enveloped, success, uploadAnswer, uploadView } from '#http/upload-views.ts';
import { uploadPlaces, uploads } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

/** Files on a page that names no limit (docs/contract.md, "List files"). */
const defaultLimit = 10;

const page = z.object({
  count: z.number(),
  pages: z.number(),
  data: z.array(uploadAnswer),
  cursor: z.optional(z.string()),
});

export const contract = { query: listQuery, success: 200, answer: enveloped(page) } satisfies Contract;

/**
 * The caller's files, newest first (docs/contract.md, "List files"). `cursor` appears where the request walks by
 * cursor.
 */
export const handler = serve('uploads/list', contract, async ({ caller, query }) => {
  const { page = 1, limit = defaultLimit, ...rest } = query;
  const places = uploadPlaces();
  const found = await listUploads({ uploads: uploads() }, caller.userId, { ...rest, page, limit });
  const { count, pages, cursor } = found;
  return success('OK', { count, pages, data: found.items.map((file) => uploadView(file, places)), cursor });
});
