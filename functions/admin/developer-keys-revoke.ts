import * as z from 'zod/mini';
import { AppError } from '#core/files/errors.ts';
import { type Contract, identifier } from '#http/contract.ts';
import { developerKeys } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: z.object({ appId: identifier, keyId: identifier }),
  success: 204,
} satisfies Contract;

/** Ends a key. Instances that cached it refuse it within five seconds (docs/contract.md, "Administration"). */
export const handler = serve('admin/developer-keys-revoke', contract, async ({ params: { appId, keyId } }) => {
  if (!(await developerKeys().revoke(appId, keyId))) {
    throw new AppError('not_found', 'There is no such developer key. It may have been revoked before.');
  }
});
