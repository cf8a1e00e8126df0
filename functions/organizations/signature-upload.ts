import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { sizeFields, sizesOf } from '#contracts/organization-fields.ts';
import { presignView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { presignSignature, unknownSize } from '#core/organizations/signatures.ts';
import { clock, organizations, scheduleDelete, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

const mediaType = z.optional(z.string().check(z.maxLength(100)));

export const contract = {
  tag: 'organizations',
  description:
    'Public: the token in the path authorizes one PNG. A declared size is signed; without one the PUT may have `maxBytes` at most. May be asked again until the signature is part of a document: the last upload counts.',
  params: z.object({ token: z.string() }),
  json: z.optional(
    z
      .object({ ...sizeFields, mime: mediaType, mimeType: mediaType })
      .check(z.refine((given) => sizesOf(given).size <= 1, 'must say one size in bytes, or none')),
  ),
  success: 201,
  answer: presignAnswer,
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Signatures". */
export const handler = serve('organizations/signature-upload', contract, async (request) => {
  const { params, json = {} } = request;
  const [sizeBytes] = sizesOf(json);
  const mimeType = json.mimeType ?? json.mime ?? 'image/png';
  const declared = { ...unknownSize(), mimeType, ...(sizeBytes !== undefined && { sizeBytes, atMost: undefined }) };
  const deps = { organizations: organizations(), signer: signer(), clock, scheduleDelete: scheduleDelete() };
  return presignView(
    await presignSignature(deps, params.token, declared, claimOf('organizations/signature-upload', request)),
  );
});
