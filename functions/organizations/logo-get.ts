import type { Contract } from '#contracts/contract.ts';
import { organizationParams } from '#contracts/organization-fields.ts';
import { consumedFileAnswer, consumedFileView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { getLogo } from '#core/organizations/logo.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description:
    "The organization's logo, for its members. A logo whose bytes have arrived since it was presigned becomes it here.",
  params: organizationParams,
  success: 200,
  answer: consumedFileAnswer,
  wording: organizationWording,
} satisfies Contract;

export const handler = serve('organizations/logo-get', contract, async ({ caller, params }) => {
  const logo = await getLogo(organizationDeps(), { orgId: params.orgId, userId: caller.userId });
  return await consumedFileView(logo, signer());
});
