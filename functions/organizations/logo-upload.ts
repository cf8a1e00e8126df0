import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import {
  declarationFields,
  declaredOf,
  isDeclared,
  organizationParams,
  uploadId,
} from '#contracts/organization-fields.ts';
import { consumedFileAnswer, consumedFileView, presignView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { completeLogo, presignLogo } from '#core/organizations/logo.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'organizations',
  description:
    'Presigns a new logo from a declaration, or completes one from its `uploadId`. Who does not complete finds the logo changed by the next GET.',
  params: organizationParams,
  json: z.union([z.strictObject({ uploadId }), z.object(declarationFields).check(isDeclared())]),
  success: 201,
  answer: z.union([z.object({ logo: consumedFileAnswer }), presignAnswer]),
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Logo". */
export const handler = serve('organizations/logo-upload', contract, async (request) => {
  const { caller, params, json } = request;
  const deps = { ...organizationDeps(), signer: signer() };
  const who = { orgId: params.orgId, userId: caller.userId };
  if (!('uploadId' in json)) {
    const claim = claimOf('organizations/logo-upload', request);
    return presignView(await presignLogo(deps, who, declaredOf(json), claim));
  }
  // An upload becomes the logo once, so this is repeated without a key as well.
  return { logo: await consumedFileView(await completeLogo(deps, who, json.uploadId), signer()) };
});
