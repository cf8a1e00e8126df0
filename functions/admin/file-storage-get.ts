import { settingsAnswer, settingsView } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { fileReader, settings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: "An app's settings, read past the cache, and what it uses now.",
  params: appParams,
  success: 200,
  answer: settingsAnswer,
} satisfies Contract;

export const handler = serve('admin/file-storage-get', contract, async ({ params: { appId } }) => {
  const [appSettings, usage] = await Promise.all([
    settings().getFresh(appId),
    fileReader().usage({ kind: 'app', appId }),
  ]);
  return settingsView(appId, appSettings, usage);
});
