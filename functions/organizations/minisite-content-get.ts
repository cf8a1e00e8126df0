import { getMinisite } from '#core/organizations/minisite.ts';
import type { Contract } from '#http/contract.ts';
import { organizationParams } from '#http/organization-fields.ts';
import { minisiteAnswer, minisiteView } from '#http/organization-views.ts';
import { organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = { params: organizationParams, success: 200, answer: minisiteAnswer } satisfies Contract;

/** What was published last, with links to its assets, for members. */
export const handler = serve('organizations/minisite-content-get', contract, async ({ caller, params }) => {
  const who = { orgId: params.orgId, userId: caller.userId };
  return await minisiteView(await getMinisite({ organizations: organizations() }, who), signer());
});
