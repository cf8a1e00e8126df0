import { settingsAnswer, settingsChange, settingsView } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { appParams } from '#http/fields.ts';
import { files, settings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  json: settingsChange,
  success: 200,
  answer: settingsAnswer,
} satisfies Contract;

/** Changes the given settings only. A limit below what is used refuses new files and touches no old ones. */
export const handler = serve('admin/file-storage-put', contract, async ({ params: { appId }, json }) => {
  const [appSettings, usage] = await Promise.all([
    settings().update(appId, json),
    files().usage({ kind: 'app', appId }),
  ]);
  return settingsView(appId, appSettings, usage);
});
