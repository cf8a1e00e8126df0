import * as z from 'zod/mini';
import { maxExportBytes, storeExport } from '#core/organizations/exports.ts';
import { inOrganizationWords } from '#core/organizations/refusals.ts';
import { type Contract, identifier } from '#http/contract.ts';
import { readRaw } from '#http/raw-body.ts';
import { clock, files, objects, organizations } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
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
} satisfies Contract;

/** Stores the CSV of a job, once (docs/contract.md, "Exports"); sending it again is harmless. */
export const handler = serve('platform/exports-create', contract, async ({ caller, params, body }) => {
  const bytes = await inOrganizationWords(async () => readRaw(body, contract.raw, { maxBytes: maxExportBytes }));
  const deps = { organizations: organizations(), files: files(), objects: objects(), clock };
  const subject = caller.subject ?? 'platform';
  const stored = await storeExport(deps, { ...params, bytes, subject });
  const { key, sizeBytes, createdAt } = stored;
  return { export: { jobId: params.jobId, organizationId: params.orgId, key, sizeBytes, createdAt } };
});
