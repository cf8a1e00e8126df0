import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { identifier } from '#contracts/parameters.ts';
import { organizationWording } from '#contracts/refusals.ts';
import { maxExportBytes, storeExport } from '#core/organizations/exports.ts';
import { readRaw } from '#http/raw-body.ts';
import { clock, files, objects, organizations } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'platform',
  description: 'Stores the CSV of a job, once; sending it again is harmless.',
  params: z.object({ orgId: identifier, jobId: identifier }),
  raw: 'text/csv',
  success: 201,
  answer: z.object({
    export: z.object({
      jobId: z.string(),
      organizationId: z.string(),
      key: z.string(),
      sizeBytes: z.number(),
      createdAt: z.string(),
    }),
  }),
  refuses: ['idempotency_key_reused', 'request_in_progress'],
  wording: organizationWording,
  idempotent: true,
} satisfies Contract;

/** docs/contract.md, "Exports". */
export const handler = serve('platform/exports-create', contract, async ({ caller, params, body }) => {
  const bytes = readRaw(body, contract.raw, { maxBytes: maxExportBytes });
  const deps = { organizations: organizations(), files: files(), objects: objects(), clock };
  const subject = caller.subject ?? 'platform';
  const stored = await storeExport(deps, { ...params, bytes, subject });
  const { key, sizeBytes, createdAt } = stored;
  return { export: { jobId: params.jobId, organizationId: params.orgId, key, sizeBytes, createdAt } };
});
