import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { blankableId, purpose } from '#contracts/fields.ts';
import { appParams, pageQuery } from '#contracts/parameters.ts';
import { fileAnswer, fileView, quotaAnswer } from '#contracts/views.ts';
import { requireBucket } from '#core/extensions/gate.ts';
import { listStagedFiles } from '#core/extensions/staged-files.ts';
import { pageOf } from '#core/files/page-of.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { clock, fileReader, gate, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description:
    "What a setup screen restores after a reload or on another device: the caller's unexpired staged files, newest first. `cursor` appears where there are more.",
  params: appParams,
  query: z.extend(pageQuery, { purpose, draftId: blankableId }),
  success: 200,
  answer: z.object({ items: z.array(fileAnswer), cursor: z.optional(z.string()), stagedQuota: quotaAnswer }),
} satisfies Contract;

export const handler = serve('extensions/setup-files-staged-list', contract, async ({ caller, params, query }) => {
  const appSettings = await requireBucket(gate(), params.appId);
  const owner = { appId: params.appId, userId: caller.userId };
  const { items, stagedQuota } = await listStagedFiles({ files: fileReader(), clock }, owner, query, appSettings);
  const cursorOf = ({ id }: { id: string }) => id;
  const page = await boundedPage(query, {
    // All of them are read for the quota, which what has expired does not count in.
    read: (page) => pageOf(items, page, { cursorOf, follows: (id, cursor) => id < cursor }),
    view: (file) => fileView(file, signer()),
    cursorOf,
  });
  return { ...page, stagedQuota };
});
