import type { Contract } from '#contracts/contract.ts';
import { appFileParams } from '#contracts/parameters.ts';
import { deleteAppFile } from '#core/extensions/administration/files.ts';
import { authorOf } from '#runtime/author.ts';
import { clock, files, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'Whatever has it, a lock or a template too. Frees the quota at once; the bytes follow through the cleanup queue. Of a file that is being deleted already the clean-up is asked for again.',
  params: appFileParams,
  success: 204,
} satisfies Contract;

export const handler = serve('admin/app-files-delete', contract, async ({ caller, params }) => {
  const deps = { files: files(), clock, scheduleDelete: scheduleDelete() };
  await deleteAppFile(deps, { ...params, author: authorOf(caller) });
});
