import { uploadSettingsAnswer } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { success: 200, answer: uploadSettingsAnswer } satisfies Contract;

/** Settings of the uploads API, read past the cache. */
export const handler = serve('admin/uploads-settings-get', contract, async () => ({
  settings: await uploadSettings().getFresh(),
}));
