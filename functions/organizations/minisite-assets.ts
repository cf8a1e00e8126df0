import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { declarationFields, declaredOf, isDeclared, organizationParams } from '#contracts/organization-fields.ts';
import { presignView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { presignForMember } from '#core/organizations/staging.ts';
import { clock, organizations, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description: 'Presigns an asset for the editor of a minisite; publishing consumes it.',
  params: organizationParams,
  json: z.object(declarationFields).check(isDeclared()),
  success: 201,
  answer: presignAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Minisite". */
export const handler = serve('organizations/minisite-assets', contract, async (request) => {
  const { caller, params, json } = request;
  const idempotency = claimOf('organizations/minisite-assets', request);
  const staging = { orgId: params.orgId, userId: caller.userId, ownerType: 'minisite_asset', idempotency } as const;
  const deps = { organizations: organizations(), signer: signer(), clock };
  return presignView(await presignForMember(deps, { ...staging, declared: declaredOf(json) }));
});
