import * as z from 'zod/mini';
import { keyAnswer, keyView } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { developerKeys } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: "The app's keys, oldest first, without secrets.",
  params: appParams,
  success: 200,
  answer: z.object({ items: z.array(keyAnswer) }),
} satisfies Contract;

export const handler = serve('admin/developer-keys-list', contract, async ({ params: { appId } }) => ({
  items: (await developerKeys().list(appId)).map(keyView),
}));
