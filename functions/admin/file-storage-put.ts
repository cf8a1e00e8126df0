import { settingsAnswer, settingsChange, settingsView } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { limitOf } from '#core/extensions/quota.ts';
import { settingsChanges } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { files } from '#runtime/container.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: 'Changes the given settings only. A limit below what is used refuses new files and touches no old ones.',
  params: appParams,
  json: settingsChange,
  success: 200,
  answer: settingsAnswer,
  idempotent: 'answered',
} satisfies Contract;

export const handler = serveOnce('admin/file-storage-put', contract, async ({ caller, params: { appId }, json }) => {
  const appSettings = await settingsChanges().update(appId, json, authorOf(caller));
  const usage = await files().applyLimit(limitOf({ kind: 'app', appId }, appSettings));
  return settingsView(appId, appSettings, usage);
});
