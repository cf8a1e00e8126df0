import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { presignAnswer } from '#contracts/fields.ts';
import { cleanFileName } from '#contracts/file-name.ts';
import { hasOneSize, organizationParams, sizeFields, sizeOf, uploadId } from '#contracts/organization-fields.ts';
import { documentAnswer, documentView, presignView } from '#contracts/organization-views.ts';
import { madeId, optionalIdentifier } from '#contracts/parameters.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { completeDocument, presignDocument } from '#core/organizations/document-uploads.ts';
import { organizationDeps, signer } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

const declaration = z
  .object({
    ...sizeFields,
    filename: z.optional(z.string().check(z.maxLength(1000))),
    formId: optionalIdentifier,
    signatureUploadId: z.optional(madeId),
  })
  .check(hasOneSize());

export const contract = {
  tag: 'platform',
  description:
    'For a signed PDF of more than 4 MB: presigns its upload from a size and what it is of, or keeps what was PUT for seven years from the `uploadId`, and the signature that was named with it.',
  params: organizationParams,
  json: z.union([z.strictObject({ uploadId }), declaration]),
  success: 201,
  answer: z.union([z.object({ document: documentAnswer }), presignAnswer]),
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Compliance documents". */
export const handler = serve('platform/compliance-documents-upload', contract, async (request) => {
  const { caller, params, json } = request;
  const { orgId } = params;
  const deps = organizationDeps();
  // An upload becomes a document once, so this is repeated without a key as well.
  if ('uploadId' in json) return { document: documentView(await completeDocument(deps, { orgId, ...json })) };
  const { formId, signatureUploadId, filename = 'document.pdf' } = json;
  const given = {
    orgId,
    subject: caller.subject ?? 'platform',
    originalName: cleanFileName(filename),
    formId,
    signatureUploadId,
    sizeBytes: sizeOf(json),
    idempotency: claimOf('platform/compliance-documents-upload', request),
  };
  return presignView(await presignDocument({ ...deps, signer: signer() }, given));
});
