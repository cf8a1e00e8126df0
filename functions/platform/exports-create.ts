import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { jobParams } from '#contracts/organization-fields.ts';
import { exportAnswer, exportView } from '#contracts/organization-views.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { once } from '#core/files/idempotency.ts';
import { maxExportBytes, storeExport } from '#core/organizations/exports.ts';
import { hardCapBytes } from '#core/organizations/policy.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { readRaw } from '#http/raw-body.ts';
import { clock, idempotency, organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description: 'Stores the CSV of a job. Sending it again is harmless; another CSV takes its place.',
  params: jobParams,
  raw: 'text/csv',
  success: 201,
  answer: z.object({ export: exportAnswer }),
  refuses: ['idempotency_key_reused', 'request_in_progress'],
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Exports". */
export const handler = serve('platform/exports-create', contract, async ({ caller, params, headers, body }) => {
  const upload = 'platform/exports-upload';
  const bytes = readRaw(body, contract.raw, {
    maxBytes: maxExportBytes,
    maxFileBytes: hardCapBytes,
    direct: directRoutes(upload, upload, params),
  });
  const subject = caller.subject ?? 'platform';
  const scope = ['platform/exports-create', params.orgId, params.jobId, subject];
  // Without a key the same bytes are harmless too; with one a late repeat does not put back what a later run replaced.
  const claim = idempotencyOf(headers, scope, { bytes, fields: {} });
  return await once({ idempotency: idempotency(), clock }, claim, async () => {
    const file = await storeExport(organizationDeps(), { ...params, bytes, subject });
    return { export: exportView(params.jobId, file) };
  });
});
