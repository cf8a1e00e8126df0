import { getLogo } from '#core/organizations/logo.ts';
import type { Contract } from '#http/contract.ts';
import { organizationParams } from '#http/organization-fields.ts';
import { takenFileAnswer, takenFileView } from '#http/organization-views.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: organizationParams,
  success: 200,
  answer: takenFileAnswer,
} satisfies Contract;

/** The organization's logo, for its members. A logo whose bytes have arrived since it was presigned becomes it here. */
export const handler = serve('organizations/logo-get', contract, async ({ caller, params }) => {
  const logo = await getLogo(organizationDeps(), { orgId: params.orgId, userId: caller.userId });
  return await takenFileView(logo, signer());
});
