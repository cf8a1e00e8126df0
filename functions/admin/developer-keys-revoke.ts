import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { identifier } from '#contracts/parameters.ts';
import { AppError } from '#core/files/errors.ts';
import { developerKeyChanges } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description: 'Ends a key. Instances that cached it refuse it within five seconds.',
  params: z.object({ appId: identifier, keyId: identifier }),
  success: 204,
} satisfies Contract;

/** docs/contract.md, "Extension files". */
export const handler = serve('admin/developer-keys-revoke', contract, async ({ caller, params: { appId, keyId } }) => {
  if (!(await developerKeyChanges().revoke(appId, keyId, authorOf(caller)))) {
    throw new AppError('not_found', 'There is no such developer key. It may have been revoked before.');
  }
});
