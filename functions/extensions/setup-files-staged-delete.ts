import type { Contract } from '#contracts/contract.ts';
import { appFileParams } from '#contracts/parameters.ts';
import { getStagedFile } from '#core/extensions/staged-files.ts';
import { deleteFile } from '#core/files/delete.ts';
import { clock, files, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description:
    'Removes one staged file, or a direct upload that is given up; a claimed one belongs to its lock or template and is not found here.',
  params: appFileParams,
  success: 204,
} satisfies Contract;

export const handler = serve('extensions/setup-files-staged-delete', contract, async ({ caller, params }) => {
  const owner = { appId: params.appId, userId: caller.userId };
  const find = () => getStagedFile({ files: files(), clock }, owner, params.fileId);
  await deleteFile({ files: files(), clock, scheduleDelete: scheduleDelete() }, find);
});
