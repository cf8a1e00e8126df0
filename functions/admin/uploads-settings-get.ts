import { uploadSettingsAnswer } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { uploadSettings } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: 'Settings of the uploads API, read past the cache.',
  success: 200,
  answer: uploadSettingsAnswer,
} satisfies Contract;

export const handler = serve('admin/uploads-settings-get', contract, async () => ({
  settings: await uploadSettings().getFresh(),
}));
