import * as z from 'zod/mini';
import { presignForMember } from '#core/organizations/staging.ts';
import type { Contract } from '#http/contract.ts';
import { declarationFields, declaredOf, isDeclared, organizationParams } from '#http/organization-fields.ts';
import { presignAnswer, presignView } from '#http/organization-views.ts';
import { clock, organizations, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: organizationParams,
  json: z.object(declarationFields).check(isDeclared()),
  success: 201,
  answer: presignAnswer,
} satisfies Contract;

/** Presigns an asset for the editor of a minisite; publishing takes it (docs/contract.md, "Minisite"). */
export const handler = serve('organizations/minisite-assets', contract, async ({ caller, params, json }) => {
  const staging = { orgId: params.orgId, userId: caller.userId, ownerType: 'minisite_asset' } as const;
  const deps = { organizations: organizations(), signer: signer(), clock };
  return presignView(await presignForMember(deps, { ...staging, declared: declaredOf(json) }));
});
