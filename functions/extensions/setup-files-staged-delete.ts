import type { Contract } from '#contracts/contract.ts';
import { appFileParams } from '#contracts/parameters.ts';
import { getDeletableFile } from '#core/extensions/staged-files.ts';
import { deleteFile } from '#core/files/delete.ts';
import { claims, clock, files, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, setup',
  description:
    'Removes one staged file, a direct upload that is given up, or a file that the config saved last does not name any more. One in use belongs to its lock or template and is not found here.',
  params: appFileParams,
  success: 204,
} satisfies Contract;

export const handler = serve('extensions/setup-files-staged-delete', contract, async ({ caller, params }) => {
  const owner = { appId: params.appId, userId: caller.userId };
  const find = () => getDeletableFile({ files: files(), claims: claims(), clock }, owner, params.fileId);
  await deleteFile({ files: files(), clock, scheduleDelete: scheduleDelete() }, find);
});
