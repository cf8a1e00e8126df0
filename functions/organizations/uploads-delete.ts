import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { organizationParams, ownerQuery, uploadId } from '#contracts/organization-fields.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { giveUpUpload } from '#core/organizations/give-up-upload.ts';
import { organizationDeps } from '#runtime/container.ts';
import { userOf } from '#runtime/on-behalf.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description:
    'Gives up an upload that was presigned and that nothing has taken yet; its bytes follow through the cleanup queue. A user gives up their own, as an active member; the platform those of the user it names.',
  params: z.extend(organizationParams, { uploadId }),
  query: ownerQuery,
  success: 204,
  wording: organizationWording,
} satisfies Contract;

/** docs/contract.md, "Presign and PUT". */
export const handler = serve('organizations/uploads-delete', contract, async ({ caller, params, query }) => {
  const userId = userOf(caller, query.userId, 'query');
  await giveUpUpload(organizationDeps(), { ...params, userId, asMember: 'userId' in caller });
});
