import { uploadFileParams } from '#contracts/admin-queries.ts';
import type { Contract } from '#contracts/contract.ts';
import { deleteUploadOf } from '#core/uploads/administration.ts';
import { authorOf } from '#runtime/author.ts';
import { clock, files, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'At once and for good, without the grace period of its owner: it is in no list any more, and the bytes follow through the cleanup queue. Of a file that is being deleted already the clean-up is asked for again.',
  params: uploadFileParams,
  success: 204,
} satisfies Contract;

export const handler = serve('admin/uploads-delete', contract, async ({ caller, params: { fileId } }) => {
  const deps = { files: files(), clock, scheduleDelete: scheduleDelete() };
  await deleteUploadOf(deps, { fileId, author: authorOf(caller) });
});
