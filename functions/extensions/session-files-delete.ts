import type { Contract } from '#contracts/contract.ts';
import { sessionFileParams } from '#contracts/parameters.ts';
import { getSessionUpload } from '#core/extensions/session-files.ts';
import { deleteFile } from '#core/files/delete.ts';
import { clock, files, scheduleDelete } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'extensions, session',
  description:
    'A file, or a direct upload that is given up. Frees the quota at once; the bytes follow through the cleanup queue. Works while storage is off: it only gives back.',
  params: sessionFileParams,
  success: 204,
} satisfies Contract;

export const handler = serve('extensions/session-files-delete', contract, async ({ caller, params }) => {
  const find = () => getSessionUpload({ files: files(), clock }, caller, params.fileId);
  await deleteFile({ files: files(), clock, scheduleDelete: scheduleDelete() }, find);
});
