import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { organizationParams } from '#contracts/organization-fields.ts';
import { documentAnswer, documentView } from '#contracts/organization-views.ts';
import { madeId, optionalIdentifier } from '#contracts/parameters.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { storeComplianceDocument } from '#core/organizations/compliance.ts';
import { hardCapBytes } from '#core/organizations/policy.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serveForm } from '#runtime/serve-form.ts';

export const contract = {
  tag: 'platform',
  description: 'Keeps a signed PDF for seven years, and the signature it names with it.',
  params: organizationParams,
  form: z.object({ formId: optionalIdentifier, signatureUploadId: z.optional(madeId) }),
  success: 201,
  answer: z.object({ document: documentAnswer }),
  idempotent: true,
  refuses: ['request_in_progress', 'idempotency_key_reused'],
  wording: organizationWording,
} satisfies Contract;

const limits = async ({ params }: { params: { orgId: string } }) => {
  const upload = 'platform/compliance-documents-upload';
  return { maxFileBytes: hardCapBytes, direct: directRoutes(upload, upload, params) };
};

/** docs/contract.md, "Compliance documents". */
export const handler = serveForm('platform/compliance-documents-create', contract, limits, async (request) => {
  const { file, fields } = request;
  const { orgId } = request.params;
  const subject = request.caller.subject ?? 'platform';
  const stored = await storeComplianceDocument(organizationDeps(), {
    orgId,
    subject,
    bytes: file.bytes,
    originalName: file.filename,
    ...fields,
    idempotency: idempotencyOf(request.headers, ['compliance', orgId, subject], { bytes: file.bytes, fields }),
  });
  return { document: documentView(stored) };
});
