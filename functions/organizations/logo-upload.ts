import * as z from 'zod/mini';
import { completeLogo, presignLogo } from '#core/organizations/logo.ts';
import type { Contract } from '#http/contract.ts';
import { declarationFields, declaredOf, isDeclared, organizationParams } from '#http/organization-fields.ts';
import { presignAnswer, presignView, takenFileAnswer, takenFileView } from '#http/organization-views.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: organizationParams,
  json: z.union([
    z.strictObject({ uploadId: z.string().check(z.maxLength(128)) }),
    z.object(declarationFields).check(isDeclared()),
  ]),
  success: 201,
  answer: z.union([z.object({ logo: takenFileAnswer }), presignAnswer]),
} satisfies Contract;

/**
 * Presigns a new logo from a declaration, or completes one from its `uploadId` (docs/contract.md, "Logo"). Who does not
 * complete finds the logo changed by the next GET.
 */
export const handler = serve('organizations/logo-upload', contract, async ({ caller, params, json }) => {
  const deps = { ...organizationDeps(), signer: signer() };
  const who = { orgId: params.orgId, userId: caller.userId };
  if (!('uploadId' in json)) return presignView(await presignLogo(deps, who, declaredOf(json)));
  return { logo: await takenFileView(await completeLogo(deps, who, json.uploadId), signer()) };
});
