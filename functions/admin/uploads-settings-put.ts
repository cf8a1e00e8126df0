import { uploadSettingsAnswer, uploadSettingsChange } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  json: uploadSettingsChange,
  success: 200,
  answer: uploadSettingsAnswer,
} satisfies Contract;

/** Changes the given settings only, for uploads from then on (docs/contract.md, "Settings of the uploads API"). */
export const handler = serve('admin/uploads-settings-put', contract, async ({ json }) => ({
  settings: await uploadSettings().update(json),
}));
