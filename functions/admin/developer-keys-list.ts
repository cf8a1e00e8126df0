import * as z from 'zod/mini';
import { keyAnswer, keyView } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams, keysQuery } from '#contracts/parameters.ts';
import { keyCursor } from '#core/extensions/developer-keys.ts';
import { pageOf } from '#core/files/page-of.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { developerKeyList } from '#runtime/admin-container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: "The app's keys, oldest first, without secrets. `cursor` appears where there are more.",
  params: appParams,
  query: keysQuery,
  success: 200,
  answer: z.object({ items: z.array(keyAnswer), cursor: z.optional(z.string()) }),
} satisfies Contract;

export const handler = serve('admin/developer-keys-list', contract, async ({ params, query }) => {
  // Read whole, since their order is no order of the table. Administrators make them one by one.
  const keys = await developerKeyList().list(params.appId);
  const oldestFirst = { cursorOf: keyCursor, follows: (key: string, cursor: string) => key > cursor };
  return await boundedPage(query, {
    read: (page) => pageOf(keys, page, oldestFirst),
    view: keyView,
    cursorOf: keyCursor,
  });
});
