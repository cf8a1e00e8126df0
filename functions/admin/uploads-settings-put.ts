import { uploadSettingsAnswer, uploadSettingsChange } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { uploadSettingsChanges } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { serveOnce } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: 'Changes the given settings only, for uploads from then on.',
  json: uploadSettingsChange,
  success: 200,
  answer: uploadSettingsAnswer,
  idempotent: 'answered',
} satisfies Contract;

/** docs/contract.md, "Settings of the uploads API". */
export const handler = serveOnce('admin/uploads-settings-put', contract, async ({ caller, json }) => ({
  settings: await uploadSettingsChanges().update(json, authorOf(caller)),
}));
