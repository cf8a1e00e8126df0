import type { Contract } from '#contracts/contract.ts';
import { organizationParams } from '#contracts/organization-fields.ts';
import { minisiteAnswer, minisiteView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { getMinisite } from '#core/organizations/minisite.ts';
import { organizationReader, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description: 'What was published last, with links to its assets, for members.',
  params: organizationParams,
  success: 200,
  answer: minisiteAnswer,
  wording: organizationWording,
} satisfies Contract;

export const handler = serve('organizations/minisite-content-get', contract, async ({ caller, params }) => {
  const who = { orgId: params.orgId, userId: caller.userId };
  return await minisiteView(await getMinisite({ organizations: organizationReader() }, who), signer());
});
