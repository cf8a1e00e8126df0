import { appFileDetailAnswer, appFileDetailView, appFileView } from '#contracts/admin-file-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appFileParams } from '#contracts/parameters.ts';
import { getAppFile } from '#core/extensions/administration/files.ts';
import { whyOf } from '#core/extensions/administration/why.ts';
import { circumstances } from '#runtime/admin-container.ts';
import { clock, fileReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'The record, a link where its bytes are there, and `why`: what has the file, when it goes and by what, what is still to be cleaned up, and what is known to have happened to it.',
  params: appFileParams,
  success: 200,
  answer: appFileDetailAnswer,
} satisfies Contract;

export const handler = serve('admin/app-files-get', contract, async ({ params: { appId, fileId } }) => {
  const file = await getAppFile(fileReader(), appId, fileId);
  const now = clock.now();
  const [view, around] = await Promise.all([appFileView(file, now, signer()), circumstances().look(file)]);
  return appFileDetailView(file, view, whyOf(file, around, now));
});
