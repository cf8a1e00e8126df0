import { settingsAnswer, settingsView } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { appParams } from '#http/fields.ts';
import { files, settings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { params: appParams, success: 200, answer: settingsAnswer } satisfies Contract;

/** An app's settings, read past the cache, and what it uses now. */
export const handler = serve('admin/file-storage-get', contract, async ({ params: { appId } }) => {
  const [appSettings, usage] = await Promise.all([settings().getFresh(appId), files().usage({ kind: 'app', appId })]);
  return settingsView(appId, appSettings, usage);
});
