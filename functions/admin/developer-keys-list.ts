import * as z from 'zod/mini';
import { keyAnswer, keyView } from '#http/admin-views.ts';
import type { Contract } from '#http/contract.ts';
import { appParams } from '#http/fields.ts';
import { developerKeys } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: appParams,
  success: 200,
  answer: z.object({ items: z.array(keyAnswer) }),
} satisfies Contract;

/** The app's keys, oldest first, without secrets. */
export const handler = serve('admin/developer-keys-list', contract, async ({ params: { appId } }) => ({
  items: (await developerKeys().list(appId)).map(keyView),
}));
