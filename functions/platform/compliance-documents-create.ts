import * as z from 'zod/mini';
import { maxDocumentBytes, storeComplianceDocument } from '#core/organizations/compliance.ts';
import { inOrganizationWords } from '#core/organizations/refusals.ts';
import { type Contract, optionalIdentifier } from '#http/contract.ts';
import { cleanFileName } from '#http/file-name.ts';
import { readForm } from '#http/form.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { organizationParams } from '#http/organization-fields.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  params: organizationParams,
  form: z.object({ formId: optionalIdentifier, signatureUploadId: optionalIdentifier }),
  success: 201,
  answer: z.object({
    document: z.object({
      id: z.string(),
      organizationId: z.string(),
      formId: z.nullable(z.string()),
      signatureUploadId: z.nullable(z.string()),
      key: z.string(),
      originalName: z.string(),
      mimeType: z.literal('application/pdf'),
      sizeBytes: z.number(),
      createdAt: z.string(),
      retainedUntil: z.string(),
    }),
  }),
} satisfies Contract;

/**
 * Keeps a signed PDF for seven years (docs/contract.md, "Compliance documents"), and the signature it names with it.
 */
export const handler = serve('platform/compliance-documents-create', contract, async (request) => {
  const { orgId } = request.params;
  const subject = request.caller.subject ?? 'platform';
  const { file, fields } = await inOrganizationWords(() =>
    readForm(request.body, contract.form, { maxFileBytes: maxDocumentBytes }),
  );
  const stored = await storeComplianceDocument(organizationDeps(), {
    orgId,
    subject,
    bytes: file.bytes,
    originalName: cleanFileName(file.filename),
    ...fields,
    idempotency: idempotencyOf(request.headers, ['compliance', orgId, subject], { bytes: file.bytes, fields }),
  });
  return {
    document: {
      id: stored.id,
      organizationId: orgId,
      formId: stored.formId ?? null,
      signatureUploadId: stored.signatureUploadId ?? null,
      key: stored.key,
      originalName: stored.originalName,
      mimeType: 'application/pdf' as const,
      sizeBytes: stored.sizeBytes,
      createdAt: stored.createdAt,
      retainedUntil: new Date(stored.retainedUntil ?? 0).toISOString(),
    },
  };
});
